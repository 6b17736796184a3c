"""What a request works with: the settings, the database, and the door to the workers."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from sqlalchemy.exc import IntegrityError

from app.cases.scenario import Scenario, SolveOrder
from app.db import datasets, networks, plans, runs, scenarios
from app.db.errors import NotFound
from app.db.models import Kind, RunRow
from app.db.session import Database
from app.jobs.ways import Roads
from app.permissions import Identity
from app.reports import layers
from app.settings import Settings
from data.domain.district import District
from geo.crs import Shapes
from geo.roads.network import Network

T = TypeVar("T")


class RunStarter(Protocol):
    """Hands queued work to the workers; a second time changes nothing."""

    def start(self, id: str, kind: Kind = Kind.RUN) -> object:
        """Start what is stored as queued; called after its transaction."""


class Shelf:
    """Keeps what was made last of things that never change, such as a dataset's district or a plan's map."""

    def __init__(self, places: int) -> None:
        self._places = places
        self._kept: OrderedDict[Hashable, object] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """Give what is kept under a key, or make it; two threads may make it at the same time."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]  # type: ignore[return-value]  # a key is always made by one kind of caller
        made = make()
        with self._lock:
            self._kept[key] = made
            while len(self._kept) > self._places:
                self._kept.popitem(last=False)
        return made


@dataclass(frozen=True, slots=True)
class Service:
    """
    One running service.

    Attributes
    ----------
    districts, networks, replies
        Shelves for districts, for road networks, and for replies made from what never changes.
    """

    settings: Settings
    database: Database
    starter: RunStarter
    districts: Shelf = field(default_factory=lambda: Shelf(4))
    networks: Shelf = field(default_factory=lambda: Shelf(4))
    replies: Shelf = field(default_factory=lambda: Shelf(64))

    def district(self, dataset_id: str) -> District:
        """Load a district; whether the asker may see it is checked before."""

        def load() -> District:
            with self.database.reading() as session:
                return datasets.load(session, dataset_id)

        return self.districts.get(dataset_id, load)

    def network(self, dataset_id: str) -> Network | None:
        """Open the road network of a dataset that has one; whether the asker may see it is checked before."""
        with self.database.reading() as session:
            hash = datasets.get(session, dataset_id).network_hash
            if hash is None:
                return None
            return self.networks.get(hash, lambda: networks.open(session, hash, self.settings.networks_dir))

    def roads(self, dataset_id: str) -> Roads | None:
        """Give the roads of a dataset that has some as plans use them; as ``network`` does."""
        network = self.network(dataset_id)
        return None if network is None else Roads(network, self.settings.ways_dir)

    def land(self, dataset_id: str) -> Shapes:
        """Give the land of each settlement of a dataset; whether the asker may see it is checked before."""
        return self.replies.get(("land", dataset_id), lambda: layers.land_of(self.district(dataset_id)))

    def start_run(
        self,
        identity: Identity,
        scenario_id: str,
        *,
        standing_plan_id: str | None,
        changes: dict[str, object],
        key: str | None,
    ) -> RunRow:
        """
        Queue a run and hand it to the workers.

        Raises
        ------
        NotFound, KeyReused
        """
        try:
            run, created = self._queue_run(identity, scenario_id, standing_plan_id, changes, key)
        except IntegrityError:  # the same key came twice at the same moment: the other request has made the run
            run, created = self._queue_run(identity, scenario_id, standing_plan_id, changes, key)
        if created:
            self.starter.start(run.id)
        return run

    def _queue_run(
        self,
        identity: Identity,
        scenario_id: str,
        standing_plan_id: str | None,
        changes: dict[str, object],
        key: str | None,
    ) -> tuple[RunRow, bool]:
        with self.database.writing() as session:
            scenario = scenarios.get(session, scenario_id, identity.scope)
            if standing_plan_id is not None:
                plan = plans.get(session, standing_plan_id, identity.scope)
                if plan.division != scenario.division:
                    raise NotFound("plan", standing_plan_id)
            asked = Scenario.model_validate(scenario.document).solve
            order = SolveOrder.model_validate(asked.model_dump() | changes)
            return runs.create(
                session,
                scenario,
                order=order,
                actor=identity.actor,
                standing_plan_id=standing_plan_id,
                key=key,
            )
