"""The command: all checks, one after another, each line as soon as it is known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from repl.command_line.option_parser import OptionParser
from repl.doctor import installation, machine, surroundings, tools
from repl.doctor.findings import Check, Finding, Health, findings_of
from repl.doctor.trial import Trial

_USAGE = "forkrepl doctor [options]"
_CHECKS: tuple[Check, ...] = (
    installation.check_programs,
    installation.check_packages,
    installation.check_bytecode,
    installation.check_headers,
    machine.check_machine,
    machine.check_calls,
    machine.check_settings,
    machine.check_limits,
    surroundings.check_folders,
    surroundings.check_folder_of_work,
    surroundings.check_terminal,
    tools.check_debugger,
    tools.check_symbolizer,
    tools.check_sanitizers,
)


def main(arguments: list[str]) -> int:
    """Carry out ``forkrepl doctor ARGUMENTS``; returns the exit status: 1 if something is missing
    without which nothing works."""
    parser = _parser()
    options, operands = parser.parse_until_operand(arguments)
    if operands:
        parser.error(f"unrecognized arguments: {' '.join(operands)}")
    trial = Trial()
    try:
        counts = Counter(_tell(_findings(trial), only_lacks=options.quiet))
    finally:
        trial.close()
    print(_summary(counts))
    return 1 if counts[Health.NEEDED] else 0


def _findings(trial: Trial) -> Iterator[Finding]:
    for check in (*_CHECKS, trial.check_trial):
        yield from findings_of(check)


def _tell(findings: Iterator[Finding], *, only_lacks: bool) -> Iterator[Health]:
    for finding in findings:
        if finding.health != Health.WELL or not only_lacks:
            print(finding, flush=True)
        yield finding.health


def _summary(counts: Counter[Health]) -> str:
    lacks, needs = counts[Health.LACKING], counts[Health.NEEDED]
    if needs:
        return f"forkrepl does not work here: {_things(needs)} missing"
    return f"forkrepl works here{f'; {_things(lacks)} lacking' if lacks else ''}"


def _things(count: int) -> str:
    return "1 thing is" if count == 1 else f"{count} things are"


def _parser() -> OptionParser:
    parser = OptionParser("forkrepl doctor", _USAGE, _help_text)
    parser.add_argument(
        "-q", "--quiet", action="store_true", help="Only say what is lacking or missing."
    )
    parser.add_help_option()
    return parser


def _help_text(parser: OptionParser) -> str:
    from repl.command_line.help_page import add_options, begin_page  # only when it is wanted

    page = begin_page(
        parser,
        "forkrepl doctor - say what this machine and this installation lack",
        "A line for each thing that was looked at: 'ok', 'lacking' (all works without it, but "
        "something less well), or 'MISSING' (nothing works without it), with what the lack costs "
        "and what to do about it. The exit status is 1 if something is MISSING, otherwise 0.",
    )
    add_options(page, parser)
    page.heading("See also")
    page.paragraph("forkrepl --help")
    return page.text()
