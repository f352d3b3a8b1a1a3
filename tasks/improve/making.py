"""Makes proposals of cases: a model's draft where there is one that holds, else what the rules draft."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from storage.config_repo import ConfigRepo
from storage.crashpoint import crashpoint
from storage.errors import Refused
from storage.ledger import Ledger
from storage.records import FileChange, Proposal
from storage.workspace import Workspace
from tasks.improve import gather
from tasks.improve.analyzer import Analysis
from tasks.improve.case import Case, Solution, document
from tasks.improve.drafts import DRAFTER
from tasks.improve.expected import expected
from tasks.improve.model_drafts import request_of, said_of
from tasks.improve.propose import About, Unfit, propose
from tasks.improve.requests import Request, SkillRequest
from tasks.improve.transfers import transfer_case


@dataclass
class Drafted:
    """What one pass drafted: new proposals, drafts that the rails refused, and what a person should know."""

    proposals: list[Proposal] = field(default_factory=list)
    refused: dict[str, list[str]] = field(default_factory=dict)  # agent and name → ids of the rules it broke
    notices: list[str] = field(default_factory=list)


class Maker:
    """Makes proposals, one case at a time, and keeps in `drafted` what came of it."""

    def __init__(self, workspace: Workspace, ledger: Ledger, now: datetime, nonce: Callable[[], str]) -> None:
        self.drafted = Drafted()
        self._workspace, self._ledger, self._now, self._nonce = workspace, ledger, now, nonce

    @cached_property
    def _repo(self) -> ConfigRepo:
        return ConfigRepo(self._workspace.configs)

    def make(self, case: Case, said: Analysis | None) -> bool:
        """Whether the case became a proposal: by the model's draft, else by the rules'."""
        crashpoint("propose.after_draft")
        if said and not case.broken and self._by_model(case, said):
            return True
        if case.rules and self._by_rules(case):
            if said and said.answer is None:
                self.drafted.notices.append(f"{case.agent.name}: {case.title}: drafted by rules, as {_why(said)}")
            return True
        if said and not case.rules:
            told = "nothing drafted" if said.answer else "tried again next night"
            self.drafted.notices.append(f"{case.agent.name}: {case.title}: {told}, as {_why(said)}")
        return False

    def _by_model(self, case: Case, said: Analysis) -> bool:
        try:
            request = request_of(case, said, self._repo, self._repo.head())
        except Refused as error:
            self.drafted.notices.append(f"{case.agent.name}: {case.title}: the model's draft was refused, {error.what}")
            return False
        if request is None:
            return False
        words = {"Why it should help": said.why, "Risk, as the model sees it": said.risk}
        told = {heading: text for heading, text in words.items() if text}
        solution = Solution(said_of(said), [], said.drafter, told, said.left_out)
        return self._proposed(case, request, solution, new=False)

    def _by_rules(self, case: Case) -> bool:
        assert case.rules is not None
        request = SkillRequest(
            agent=case.agent.name, title=case.title, slug=case.rules.slug, content=case.rules.content,
            evidence_runs=case.run_ids,
        )  # fmt: skip
        return self._proposed(case, request, Solution(case.rules.said, case.rules.steps, DRAFTER), new=True)

    def _proposed(self, case: Case, request: Request, solution: Solution, *, new: bool) -> bool:
        kind = "imp@skill" if isinstance(request, SkillRequest) else "imp@config"
        found, without = expected(self._workspace, self._ledger, case.agent.name, case.touched, kind, self._now)

        def written(file: FileChange) -> str:
            return document(case, solution, file, found, without)

        about = About(case.fingerprint, case.attempt, written, found, new, case.broken, case.kind == "transfer")
        try:
            made = propose(
                self._workspace, self._ledger, request, drafter=solution.drafter, now=self._now, nonce=self._nonce(),
                about=about,
            )  # fmt: skip
        except Unfit as error:
            name = f"{case.agent.name}: {getattr(request, 'slug', case.title)}"
            self.drafted.refused[name] = sorted({one.rule for one in error.broken})
            return False
        self.drafted.proposals.append(made)
        return True

    def offered(self, left: dict[str, int]) -> None:
        """Proposes changes that transferred to the agents that they were offered for, as far as the week goes."""
        for offer in gather.offers(self._ledger, self._now):
            agent = self._workspace.agent(offer["agent"])
            if agent is None or left.get(agent.name, 0) <= 0:
                continue
            case = transfer_case(
                self._workspace, self._repo, self._repo.head(), agent, offer, offer["attempt"], self._now
            )
            if isinstance(case, str):
                self.drafted.notices.append(case)
            elif case and self.make(case, None):
                left[agent.name] -= 1


def _why(said: Analysis) -> str:
    """Why a model's word did not count, in a few words of ours."""
    words = {
        "nothing": "the model saw no change that the evidence carries", "skipped": "the model was not asked any more",
        "absent": "there is no key for the model", "late": "the model did not answer in time",
        "unreachable": "the model's API did not answer", "refused": "the model's API refused",
        "cost": "the money for models is used up", "drafted": "the model's draft was refused",
    }  # fmt: skip
    return words.get(said.outcome, "the model's answer could not be used")
