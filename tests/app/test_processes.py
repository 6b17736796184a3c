"""The service refuses an address that is in use before it makes anything: a first token shown then would be lost."""

from __future__ import annotations

import socket

import pytest

from app import processes
from app.jobs.errors import PortTaken
from app.settings import Settings


def test_a_port_in_use_is_told_before_anything_is_made(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        settings = Settings(data_dir=tmp_path / "data", port=port)
        with pytest.raises(PortTaken, match=str(port)):
            processes.serve(settings)
    assert not (tmp_path / "data").exists()
