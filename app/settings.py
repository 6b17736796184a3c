"""Settings, read once from the environment (prefix ``JUNHENG_``); lower layers take arguments."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import make_url

MEBIBYTE = 1024 * 1024


class Settings(BaseSettings):
    """
    What an operator may set.

    Attributes
    ----------
    data_dir
        Folder for the SQLite files, uploads under way and what is kept of road networks; made at start.
    database
        URL of the database; empty means a SQLite file in ``data_dir``. ``postgresql://`` means psycopg 3.
        Environment name: ``JUNHENG_DATABASE_URL``.
    host
        Address to listen on; the default serves this machine only.
    max_upload_mb, max_unpacked_mb
        Size of one upload as sent, and of all files in its archives once unpacked, in MiB.
    max_body_mb
        Size of any other request body, in MiB.
    upload_seconds
        Longest time a request body may take to arrive.
    road_seconds
        Longest time that one road extract may take to be read.
    secure_cookies
        Send the session cookie over HTTPS only; set it where a proxy ends TLS.
    session_hours
        How long a page session lasts.
    base_map_url
        Style or tile URL of a base map; empty means none, and then the page asks nothing of any other machine.
    executor_id
        Name of this process among the workers, never the same for two processes; empty means that the process takes
        a name of its own.
    worker_concurrency, solver_workers
        Runs solved at once by one worker process; threads one solve may use at most.
    heartbeat_seconds, dead_after_seconds
        How often a worker says that it lives, and after what silence another takes its runs over.
    overrun_seconds
        How long past its own limit a solver child may go on before it is ended.
    """

    model_config = SettingsConfigDict(env_prefix="JUNHENG_", frozen=True, extra="ignore", populate_by_name=True)

    data_dir: Path = Path("var")
    database: str = Field(default="", validation_alias="JUNHENG_DATABASE_URL")
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] = 8000
    max_upload_mb: Annotated[int, Field(ge=1)] = 200
    max_unpacked_mb: Annotated[int, Field(ge=1)] = 2_000
    max_body_mb: Annotated[int, Field(ge=1)] = 8
    upload_seconds: Annotated[float, Field(gt=0)] = 300.0
    road_seconds: Annotated[float, Field(gt=0)] = 600.0
    secure_cookies: bool = False
    session_hours: Annotated[float, Field(gt=0)] = 12.0
    base_map_url: str = ""
    executor_id: str = ""
    worker_concurrency: Annotated[int, Field(ge=1)] = 1
    solver_workers: Annotated[int, Field(ge=1)] = 2
    heartbeat_seconds: Annotated[float, Field(gt=0)] = 1.0
    dead_after_seconds: Annotated[float, Field(gt=0)] = 6.0
    overrun_seconds: Annotated[float, Field(gt=0)] = 20.0

    @field_validator("data_dir")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.resolve()

    @property
    def database_url(self) -> str:
        """The URL of the database that holds datasets, runs and plans."""
        return self.database or f"sqlite:///{self.data_dir / 'junheng.sqlite'}"

    @property
    def jobs_database_url(self) -> str:
        """The URL of the job library's own tables: a second SQLite file, or its own schema in PostgreSQL."""
        return self.database if self.shared_database else f"sqlite:///{self.data_dir / 'jobs.sqlite'}"

    @property
    def networks_dir(self) -> Path:
        """The folder of opened road networks, by hash; it may be emptied at any time that no process runs."""
        return self.data_dir / "networks"

    @property
    def ways_dir(self) -> Path:
        """The folder of minutes and borders found on networks; it may be emptied as that of networks may."""
        return self.data_dir / "ways"

    @property
    def shared_database(self) -> bool:
        """Tell whether processes on several machines can work on this database."""
        return make_url(self.database_url).get_backend_name() == "postgresql"
