"""The command ``suggest``: URLs in, files out."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from shlex import quote

import click
import httpx
from loguru import logger
from msgspec.structs import replace
from rich.console import Console

from errors import OceanCustomError
from http_headers import is_header_name, is_header_value
from json_values import Json
from pagination import PaginationSettings
from resync.session import Session
from settings import Settings, load_settings
from settings.fields import SECTIONS, VARIABLE_PREFIX
from workbench.check.files.documents import Variables, read_env
from workbench.ocean_context import ocean_without_port
from workbench.patience import PATIENCE
from workbench.schema import mapping_schema
from workbench.suggest.mapping import blueprint, mapping
from workbench.suggest.openapi import Document
from workbench.suggest.study import Study
from workbench.suggest.suggesting import Suggester, Suggestion
from workbench.suggest.targets import Site, UsageError, site_of
from workbench.suggest.writing import SCHEMA, blueprints_text, mapping_text, settings_text
from workbench.waiting import waiting

_MOST_WAIT = 30.0  # seconds that a request may be retried for
_PRIVATE = 0o600
_USAGE, _FAULTS = 2, 1
_OF_PAGING = frozenset(field.key for field in SECTIONS["Pagination"]) - {"max_pages"}
_WRITTEN = ("port-app-config.yml", "blueprints.json", ".env")


_HELP = (
    "\b\n"
    "Example: python -m workbench suggest https://api.example.com/v2/zones \\\n"
    "             'https://api.example.com/v2/zones/{zone_id}/records' --bearer-env TOKEN\n"
    "Exit codes: 0 all endpoints were written, 1 some were refused, 2 usage."
)


@click.command("suggest", epilog=_HELP)
@click.argument("urls", nargs=-1, required=True, metavar="URL...")
@click.option(
    "--settings",
    "settings_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="An .env file with base URL and credentials; URLs may then be paths below it.",
)
@click.option("--bearer-env", metavar="NAME", help="The variable that holds a bearer token.")
@click.option(
    "--header", "headers", multiple=True, metavar="'NAME: VALUE'", help="A header; ${VAR} is read."
)
@click.option("--openapi", metavar="FILE|URL", help="A document whose names are tried first.")
@click.option(
    "--whole",
    is_flag=True,
    help="Lists are all there is where the API refuses what pages, and nothing speaks of more.",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("suggested"),
    show_default=True,
    help="The folder for port-app-config.yml, blueprints.json and .env.",
)
@click.option("--overwrite", is_flag=True, help="Write over the files in the folder.")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON document to stdout.")
def suggest(  # noqa: PLR0913, PLR0917 — one for each option
    urls: Sequence[str],
    settings_file: Path | None,
    bearer_env: str | None,
    headers: Sequence[str],
    openapi: str | None,
    out: Path,
    *,
    whole: bool,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Ask an API how it is read, and write mapping, blueprints and settings.

    Nothing but GET is sent, at most 25 requests an endpoint. Give the URLs of all lists that you
    want; what differs from item to item is a placeholder in braces.
    """
    logger.remove()
    try:
        _check_folder(out, settings_file, overwrite=overwrite)
        variables = _read_env(settings_file) if settings_file else Variables("")
        given = _ours(variables.values)
        written = _ours({name: variables.kept(name) for name in variables.values})
        site = site_of(urls, given.get("base_url"))
        signed = _signed(bearer_env, headers, written.get("custom_headers"))
        base = {"base_url": site.base_url}
        own = load_settings(given | signed | base)
        document = _document(openapi)
    except UsageError as error:
        raise click.UsageError(str(error)) from None
    except OceanCustomError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(_USAGE)
    with ocean_without_port(variables.values):
        suggestion = asyncio.run(_suggested(site, own, document, is_whole=whole))
    files = _written(out, suggestion, written | signed | base, settings_file)
    _tell(suggestion, files, as_json=as_json)
    if files and not as_json:
        _tell_next(out, settings_file, _OF_PAGING & written.keys())
    sys.exit(_FAULTS if suggestion.refused else 0)


async def _suggested(
    site: Site, own: Settings, document: Document | None, *, is_whole: bool
) -> Suggestion:
    async with waiting(own.timeout) as told:
        session = Session(_bounded(own), observer=told)
        session.client.outage.patience = PATIENCE
        try:
            suggester = Suggester(
                session,
                document=document,
                is_whole=is_whole,
                given=own.pagination,
                progress=lambda text: told.begin(f"Asking {text}"),
            )
            return await suggester.suggest(site.targets)
        finally:
            await session.aclose()


def _bounded(settings: Settings) -> Settings:
    """The settings, one request at a time, and without an installation's own pagination."""
    return replace(
        settings,
        max_concurrent_requests=1,
        max_retry_wait=min(settings.max_retry_wait, _MOST_WAIT),
        pagination=PaginationSettings(),
    )


# --- what is given -----------------------------------------------------------------------


def _check_folder(out: Path, settings_file: Path | None, *, overwrite: bool) -> None:
    """Raise UsageError where files cannot be written, or are there already."""
    for name in () if overwrite else _WRITTEN:
        file = out / name
        is_given = settings_file is not None and settings_file.resolve() == file.resolve()
        if file.exists() and not is_given:
            raise UsageError(
                f"{file} is there already; name another folder with --out, or --overwrite"
            )
    folder = next(one for one in (out.absolute(), *out.absolute().parents) if one.exists())
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        raise UsageError(f"nothing can be written into {folder}; name another folder with --out")


def _read_env(path: Path) -> Variables:
    """The variables of an .env file."""
    variables = read_env(path, str(path))
    if faults := variables.findings:
        raise UsageError("\n".join(map(str, faults)))
    return variables


def _ours(variables: Mapping[str, str]) -> dict[str, str]:
    """The settings among variables, by their names in snake_case; empty ones are unset."""
    return {
        name.removeprefix(VARIABLE_PREFIX).lower(): value
        for name, value in variables.items()
        if name.startswith(VARIABLE_PREFIX) and value
    }


def _signed(bearer_env: str | None, headers: Sequence[str], before: str | None) -> dict[str, str]:
    """The settings that sign requests; a token stays in its variable."""
    named: dict[str, str] = json.loads(before) if before and headers else {}
    if bearer_env:
        if not os.environ.get(bearer_env):
            raise UsageError(f"the variable {bearer_env} of --bearer-env is not set")
        named["Authorization"] = f"Bearer ${{{bearer_env}}}"
    for header in headers:
        name, colon, value = header.partition(":")
        name, value = name.strip(), value.strip()
        if not colon or not is_header_name(name) or not is_header_value(value):
            raise UsageError("--header must be 'NAME: VALUE'")
        named[name] = value
    return {"custom_headers": json.dumps(named)} if named else {}


def _document(source: str | None) -> Document | None:
    """The OpenAPI document at a path or URL; it is asked for without credentials."""
    if source is None:
        return None
    if not source.startswith(("http://", "https://")):
        try:
            return Document.parse(Path(source).read_text(encoding="utf-8-sig"))
        except OSError as error:
            raise UsageError(f"--openapi: {error.strerror}: {source}") from None
        except UnicodeDecodeError:
            raise UsageError(f"--openapi: {source} is not text in UTF-8") from None
    try:
        response = httpx.get(source, follow_redirects=True, timeout=_MOST_WAIT)
        response.raise_for_status()
    except httpx.HTTPStatusError as error:
        answer = f"{error.response.status_code} {error.response.reason_phrase}"
        raise UsageError(f"--openapi: {answer} at {source}") from None
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise UsageError(f"--openapi: {type(error).__name__} at {source}") from None
    return Document.parse(response.text)


# --- what comes out ----------------------------------------------------------------------


def _written(
    out: Path,
    suggestion: Suggestion,
    config: Mapping[str, str],
    settings_file: Path | None,
) -> list[Path]:
    """Write the files; none where nothing could be read."""
    studies = suggestion.written
    if not studies:
        return []
    out.mkdir(parents=True, exist_ok=True)
    files = {
        out / "port-app-config.yml": mapping_text(studies, config["base_url"]),
        out / "blueprints.json": blueprints_text(studies),
        out / SCHEMA: json.dumps(mapping_schema(), indent=2) + "\n",
    }
    env = out / ".env"
    if settings_file is None or settings_file.resolve() != env.resolve():
        # Each list has its own paging: what holds for all would fail those that it does not fit.
        of_all = {name: value for name, value in config.items() if name not in _OF_PAGING}
        files[env] = settings_text(of_all)
    for path, text in files.items():
        if path == env:
            # It may hold credentials: nobody else reads it, not even for a moment.
            path.unlink(missing_ok=True)
            path.touch(mode=_PRIVATE)
        path.write_text(text)
    return list(files)


def _tell(suggestion: Suggestion, files: Sequence[Path], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(_document_of(suggestion, files), indent=2, ensure_ascii=False))
        return
    console = Console(highlight=False, soft_wrap=True)
    shown = [one for one in suggestion.studies if one.wanted or one.refusal == ""]
    width = max((len(_label(study)) for study in shown), default=0)
    for study in shown:
        _tell_study(console, study, width)
    count = sum(study.requests for study in suggestion.studies)
    if files:
        names = ", ".join(path.name for path in files)
        console.print(f"Wrote {files[0].parent}: {names}", markup=False)
        if doubts := _doubts(suggestion):
            console.print(f"Likely, not proved: {doubts}. Look at these first.", markup=False)
    console.print(f"{count} request{'' if count == 1 else 's'}, GET only.", markup=False)


def _doubts(suggestion: Suggestion) -> str:
    """What only a person can settle, but for titles, which are always likely: "" for nothing."""
    found: dict[str, list[str]] = {}
    for study in suggestion.written:
        for one in study.findings:
            if not (one.certain or one.question == "title"):
                found.setdefault(one.question, []).append(study.target.shown)
    return "; ".join(
        f"{what} of {', '.join(dict.fromkeys(where))}" for what, where in found.items()
    )


def _tell_next(out: Path, settings_file: Path | None, paging: Collection[str]) -> None:
    """Name the command that shows what a mapping gives; ``paging``: settings that must go."""
    if paging:
        names = ", ".join(sorted(paging)).upper()
        click.echo(f"Each list has its own paging: {names} must not be set.")
    program = click.get_current_context().find_root().command_path
    env = settings_file if settings_file and not paging else out / ".env"
    settings, written = quote(str(env)), quote(str(out / "port-app-config.yml"))
    click.echo(f"Next: {program} preview --settings {settings} --mapping {written}")


def _label(study: Study) -> str:
    return study.target.shown + ("" if study.wanted else " (only as a parent)")


def _tell_study(console: Console, study: Study, width: int) -> None:
    label = _label(study)
    for finding in study.findings:
        likely = "" if finding.certain else "likely: "
        line = f"{label:<{width}}  {finding.question:<11} {likely}{finding.answer}"
        console.print(line + (f"   {finding.proof}" if finding.proof else ""), markup=False)
        label = ""
    if study.refusal:
        console.print(f"{label:<{width}}  refused     {study.refusal}", markup=False)


def _document_of(suggestion: Suggestion, files: Sequence[Path]) -> Json:
    return {
        "endpoints": [
            {
                "path": study.target.shown,
                "written": study.wanted and not study.refusal,
                "refusal": study.refusal or None,
                "requests": study.requests,
                "findings": [
                    {
                        "question": one.question,
                        "answer": one.answer,
                        "proof": one.proof,
                        "certain": one.certain,
                    }
                    for one in study.findings
                ],
            }
            for study in suggestion.studies
        ],
        "files": [str(path) for path in files],
        "mapping": mapping(suggestion.written),
        "blueprints": [blueprint(study) for study in suggestion.written],
    }
