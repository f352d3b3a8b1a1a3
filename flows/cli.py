"""The command line: finds a command, runs it, and turns what went wrong into a message and an exit code.

Commands stand in `flows/commands`; one is imported when it is called, so that `--help`, `query` and `doctor`
start at once. 0 done, 1 worse or refused, 2 usage, 3 could not be done, 4 inconclusive, 5 nothing measured.
"""

from __future__ import annotations

import os
import sys
import traceback
from importlib import import_module
from typing import Final

import click

from flows.console import Reply, print_error
from storage.errors import AgentREError

COMMANDS: Final = {
    "demo": ("demo", "The whole loop on a synthetic fleet, in a workspace that it makes."),
    "init": ("workspace", "Scaffold a workspace; --discover finds the agent logs on this machine."),
    "ingest": ("ingest", "Read new logs into the ledger."),
    "nightly": ("pipelines", "Run the nightly flow now."),
    "weekly": ("pipelines", "Run the weekly flow now and write the review."),
    "retention": ("pipelines", "Age out old texts, check the ledger against its sources, back it up; now."),
    "serve": ("pipelines", "Run all flows on their schedules, with the Prefect UI."),
    "golden": ("golden", "Try an agent on a golden set in a sandbox; lint and add tasks."),
    "score": ("score", "Score randomly sampled runs in the terminal."),
    "proposals": ("proposals", "List, show, approve or reject proposed changes."),
    "rollback": ("proposals", "Take an applied change back."),
    "reconcile": ("reconcile", "What the sources say, what the ledger says, and why they differ."),
    "export": ("export", "Runs as OTLP or ATIF, tables as Parquet, for other tools."),
    "gate": ("gate", "Better, worse, equivalent or inconclusive: an agent against a baseline, for CI."),
    "experiment": ("experiment", "What a change did, and whether it does the same for another agent."),
    "incidents": ("incidents", "What is wrong, whose and since when; acknowledge, act, close, postmortems."),
    "slo": ("slo", "SLOs with their error budgets; OpenMetrics and Grafana; override a freeze."),
    "cost": ("cost", "What agents cost, against budgets, with a forecast and what is out of line."),
    "memory": ("memory", "Distil the agents' daily logs into their MEMORY.md."),
    "escalation": ("escalation", "Who is told of incidents, what could not be delivered; try a route."),
    "kpi": ("kpi", "The twenty key figures, each with its interval, n and usual target."),
    "maturity": ("maturity", "The stage from demo to reliable, by artefacts; what the next one lacks."),
    "config": ("config", "Versions of the agents' configs: snapshot, diff, tag, log; pull and push for live homes."),
    "judge": ("judge", "Let a model judge golden runs; it counts only where it agrees with people."),
    "query": ("query", "Read-only SQL on the published copy of the ledger."),
    "doctor": ("doctor", "What is configured, reachable, stale or inconsistent, and what to do."),
}
"""Every command with its module in `flows/commands` and its line in the help."""


class Commands(click.Group):
    """The group of all commands, each imported when it is needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of use."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, or None."""
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"flows.commands.{COMMANDS[cmd_name][0]}")
        command: click.Command = getattr(module, cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list in the help, without importing anything."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="agentre", prog_name="agentre")
def agentre() -> None:
    """SRE for AI agents: logs in, numbers you can trust, changes that a person approved.

    Every command takes --workspace DIR (or AGENTRE_WORKSPACE, else the current directory) and --json.
    """


def main() -> None:
    """Runs the command line and exits."""
    json_wanted = "--json" in sys.argv
    try:
        reply = agentre.main(standalone_mode=False)
        sys.exit(reply.exit_code if isinstance(reply, Reply) else 0)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.ClickException as error:
        print_error(error.format_message(), error.exit_code, json_wanted, hint=_usage(error))
    except click.Abort:
        print_error("stopped; what was finished is kept, and the same command goes on from there", 3, json_wanted)
    except AgentREError as error:
        print_error(str(error), error.exit_code, json_wanted)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:  # noqa: BLE001  the last resort: a person gets a message, not a traceback
        if os.environ.get("AGENTRE_DEBUG"):
            traceback.print_exc()
        hint = "AGENTRE_DEBUG=1 shows where; the ledger is as it was before the command"
        print_error(f"internal error: {type(error).__name__}: {error}", 3, json_wanted, hint=hint)


def _usage(error: click.ClickException) -> str | None:
    context = getattr(error, "ctx", None)
    return f"{context.command_path} --help" if context else None
