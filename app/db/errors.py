"""What a query can refuse."""

from __future__ import annotations

from data.errors import PlanningError


class NotFound(PlanningError):
    """There is no such thing, or it belongs to a district that the asker may not see: the answer is the same."""

    def __init__(self, kind: str, id: str) -> None:
        self.kind, self.id = kind, id
        super().__init__(f"There is no {kind} {id}.")


class LastAdministrator(PlanningError):
    """The last token that could make another of the city level cannot be ended."""

    def __init__(self, token_id: str) -> None:
        self.token_id = token_id
        super().__init__(f"Token {token_id} is the last of a city administrator: make another first.")


class KeyReused(PlanningError):
    """An Idempotency-Key came again with another request."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(f"Idempotency-Key {key} was used for another request.")


class RunEnded(PlanningError):
    """Something was asked of a run that has ended; an ended run never changes."""

    def __init__(self, run_id: str, state: str) -> None:
        self.run_id, self.state = run_id, state
        super().__init__(f"Run {run_id} has ended: it is {state}.")
