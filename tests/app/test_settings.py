from __future__ import annotations

import pytest
from pydantic import ValidationError

from app.settings import Settings


def test_the_defaults_serve_this_machine_only_from_a_file(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    settings = Settings()
    assert settings.host == "127.0.0.1"
    assert settings.database_url == f"sqlite:///{tmp_path}/var/junheng.sqlite"
    assert settings.jobs_database_url == f"sqlite:///{tmp_path}/var/jobs.sqlite"
    assert not settings.shared_database


def test_the_environment_is_read(monkeypatch, tmp_path):
    monkeypatch.setenv("JUNHENG_DATABASE_URL", "postgresql://u@h/d")
    monkeypatch.setenv("JUNHENG_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("JUNHENG_PORT", "9000")
    settings = Settings()
    assert settings.database_url == settings.jobs_database_url == "postgresql://u@h/d"
    assert settings.shared_database
    assert (settings.data_dir, settings.port) == (tmp_path, 9000)


def test_a_wrong_figure_is_refused(monkeypatch):
    monkeypatch.setenv("JUNHENG_MAX_UPLOAD_MB", "0")
    with pytest.raises(ValidationError):
        Settings()
