"""The workbench's command line: `python -m workbench demo`, `preview`, `api` or `catalog`."""

import json
import shlex
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import override

import click
from rich.console import Console
from starlette.types import ASGIApp

from workbench import catalog, sample_api
from workbench.catalog import CatalogStore
from workbench.check.command import check
from workbench.export import export
from workbench.preview.command import run_preview, wait
from workbench.report import Report
from workbench.sail import Installation
from workbench.sample_api import CLIENT_ID, CLIENT_SECRET, TOKEN, Helpdesk
from workbench.scenario import INTEGRATION, DemoError, Resync, check_second, demo, seed
from workbench.schema import schema
from workbench.serve import serving
from workbench.suggest.command import suggest

_PORT = click.IntRange(0, 65_535)
_HELP = (
    "\b\n"
    "See it work:        python -m workbench demo\n"
    "Begin with an API:  python -m workbench suggest https://api.example.com/v2/users\n"
    "Then, in the folder it wrote:  check, preview, export"
)


class _FileError(click.ClickException):
    exit_code = 2


class _Workbench(click.Group):
    """Tells in a sentence which file or folder cannot be read or written."""

    @override
    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except OSError as error:
            if error.filename is None:
                raise
            raise _FileError(f"{error.filename}: {error.strerror}") from error


@click.group(cls=_Workbench, epilog=_HELP, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Find the mapping of an API, check it, preview what Port would get: on this machine alone."""


for _command in (check, export, run_preview, schema, suggest):
    main.add_command(_command)


_DEMO_HELP = (
    "\b\n"
    "Example: python -m workbench demo --page\n"
    "Exit codes: 0 both syncs did what they should, 1 one did not, 2 usage."
)


@main.command("demo", epilog=_DEMO_HELP)
@click.option(
    "--keep",
    type=click.Path(file_okay=False, path_type=Path),
    help="Keep the catalog's database and Ocean's logs in this folder, in place of older ones.",
)
@click.option("--page", is_flag=True, help="Then serve the catalog's page until Ctrl+C.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout, and no page.")
def run_demo(keep: Path | None, *, page: bool, as_json: bool) -> None:
    """Sync a sample API into a local catalog with the real Ocean, twice."""
    if page and as_json:
        raise click.UsageError("--page waits for a person: leave --json out")
    # The document alone goes to stdout; what a person reads goes to stderr then.
    console = Console(stderr=as_json)
    with ExitStack() as stack:
        directory = keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        directory.mkdir(parents=True, exist_ok=True)
        try:
            played = _play(Report(console), directory, page=page)
        except DemoError as error:
            if as_json:
                click.echo(json.dumps({"good": False, "failure": str(error)}, indent=2))
            console.print("[bold red]The demo failed.[/]")
            console.print(str(error), markup=False, highlight=False, soft_wrap=True)
            click.echo(_hint(keep), err=as_json)
            sys.exit(1)
    if as_json:
        resyncs = [resync.as_json() for resync in played]
        click.echo(json.dumps({"good": True, "failure": None, "resyncs": resyncs}, indent=2))
    if keep:
        click.echo(_hint(keep), err=as_json)


def _play(report: Report, directory: Path, *, page: bool) -> list[Resync]:
    with demo(directory) as running:
        report.opening(running)
        with report.waiting():
            first = running.resync("first-resync")
        report.first(running, first)
        running.change_source()
        report.change()
        with report.waiting():
            second = running.resync("second-resync")
        check_second(second)
        report.second(running, second)
        report.closing()
        if page:
            wait(running.installation.catalog_url)
    return [first, second]


def _hint(keep: Path | None) -> str:
    if keep is None:
        return "With --keep DIR the database and the whole logs stay."
    return f"The database and the logs are in {keep}."


@main.command(epilog="Example: python -m workbench api --port 8081")
@click.option("--port", type=_PORT, default=8081, show_default=True, help="The port to listen on.")
def api(port: int) -> None:
    """Run the sample API until Ctrl+C."""
    _serve(sample_api.create_app(Helpdesk()), port, _announce_api)


def _announce_api(url: str) -> None:
    click.echo(f"Sample API at {url}. The token is {TOKEN}; for one of a login:")
    login = f'{{"client_id": "{CLIENT_ID}", "client_secret": "{CLIENT_SECRET}"}}'
    click.echo(f"  curl -d {shlex.quote(login)} {url}/oauth/token")


@main.command("catalog", epilog="Example: python -m workbench catalog --database my.sqlite")
@click.option("--port", type=_PORT, default=8082, show_default=True, help="The port to listen on.")
@click.option(
    "--database",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A SQLite file to keep everything in; one that exists is used on. Memory by default.",
)
@click.option(
    "--api-url",
    default="http://127.0.0.1:8081",
    show_default=True,
    help="Where the sample API runs, for the settings that are printed.",
)
def run_catalog(port: int, database: Path | None, api_url: str) -> None:
    """Run the local catalog until Ctrl+C, with the demo's mapping when it is new."""

    def announce(url: str) -> None:
        click.echo(f"Local catalog at {url}, kept in {database or 'memory'}.")
        click.echo("To sync the sample API into it, in another shell in this folder:")
        for name, value in Installation(INTEGRATION, url, api_url).environment().items():
            click.echo(f"  export {name}={shlex.quote(value)}")
        click.echo("  ocean sail --once")

    with CatalogStore(database or ":memory:") as store:
        if not store.blueprints():
            seed(store, INTEGRATION)
        _serve(catalog.create_app(store), port, announce)


def _serve(app: ASGIApp, port: int, announce: Callable[[str], None]) -> None:
    """Serve until Ctrl+C; `announce` gets the base URL once the server is ready."""
    try:
        with serving(app, port=port) as url:
            announce(url)
            threading.Event().wait()
    except OSError as error:
        told = f"cannot listen on port {port}: {error.strerror}; --port gives another, 0 any"
        raise click.ClickException(told) from error
    except KeyboardInterrupt:
        click.echo("Stopped.")


def command() -> None:
    """What `ocean-custom` starts, wherever one is."""
    main(prog_name="ocean-custom")


if __name__ == "__main__":
    main(prog_name="python -m workbench")
