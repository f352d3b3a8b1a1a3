"""Escalation as a step of a flow; webhooks go through Prefect's notification block."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from storage.workspace import Workspace
from tasks.common.steps import step
from tasks.escalation import run
from tasks.escalation.delivery import Post


@step()
def escalate(workspace: Workspace, now: datetime) -> run.Escalated:
    """Tells people of incidents, as the policies in `agentre.yaml` say."""
    return run.escalate(workspace, now, poster)


def poster() -> Post:
    """Posting by Prefect's `CustomWebhookNotificationBlock`: its Slack block takes Slack's own addresses only, and its
    PagerDuty block knows neither `dedup_key` nor acknowledging. The block is never saved, so the URL is nowhere.

    Imported here, where there is something to post, and before any time is taken.
    """
    from prefect.blocks.notifications import CustomWebhookNotificationBlock
    from prefect.types import SecretDict

    def post(url: str, template: dict[str, Any], body: str, key: str, timeout: float) -> None:
        block = CustomWebhookNotificationBlock(
            name="agentre", url="{{url}}", json_data=template, headers=None, cookies=None, timeout=timeout,
            secrets=SecretDict({"url": url, "key": key}),
        )  # fmt: skip
        block.notify(body)

    return post
