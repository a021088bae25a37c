"""Commands of cling and ROOT that are not ours: what does the same here."""

from __future__ import annotations

from collections.abc import Mapping

_NAMES = "?NAME tells what is known of a name"
_NOT_NEEDED = "it is not needed here"
_REDIRECTION = "`forkrepl FILE > OUTPUT`, or freopen() in the program, redirects what it prints"

ADVICE: Mapping[str, str] = {
    ".class": _NAMES,
    ".Class": _NAMES,
    ".namespace": f"{_NAMES}, and %who lists the names that inputs declare",
    ".typedef": f"{_NAMES}, and %type TYPE what it stands for",
    ".g": "%vars lists the variables, and ?NAME shows one",
    ".all": "%who lists the names that inputs declare, and ?NAME shows one",
    ".files": "%history lists the inputs, and %include the folders of headers",
    ".fileEx": "%history lists the inputs, and %include the folders of headers",
    ".which": "%include shows the folders of headers, and #include says where it looked",
    ".X": ".x FILE does it",
    ".exec": ".x FILE or %run FILE does it",
    ".E": ".x FILE or %run FILE does it",
    ".U": "a library stays until %restart; %undo takes back an input, %reset all",
    ".T": "the prompt's history and %history -g TERM find inputs again",
    ".@": f"Ctrl-C leaves a half-written input: {_NOT_NEEDED}",
    ".rawInput": f"{_NOT_NEEDED}: declarations and statements may be mixed",
    ".dynamicExtensions": _NOT_NEEDED,
    ".printDebug": "%asm and %ir show what was compiled, FORKREPL_TRACE what the shell does",
    ".debug": "-g on the command line, and gdb: see the guide's page on debugging",
    ".printAST": "%ir and %asm show what was compiled, and ?NAME how it was declared",
    ".printIR": "%ir shows it",
    ".trace": "FORKREPL_TRACE shows what the shell does: see CONTRIBUTING.md",
    ".stats": "%memory shows what the inputs occupy, %time what one costs",
    ".storeState": "each input is a checkpoint: %rewind N goes back, %save FILE keeps the inputs",
    ".compareState": "%rewind N goes back to the state before N inputs",
    ".reset": "%reset does it",
    ".restart": "%restart does it",
    ".clear": "%clear does it",
    ".history": "%history does it",
    ".h": "%history does it",
    ".pwd": "%pwd does it",
    ".cd": "%cd DIR does it",
    ".ls": "!ls does it",
    ".credits": "%help lists what there is",
    ".license": "%help lists what there is",
    ".libraries": "%lib NAME loads a library",
    ".lib": "%lib NAME loads a library",
    ".include": "%include DIR, or .I DIR",
    ".optimize": "%opt LEVEL, or .O LEVEL",
    ".exception": _NOT_NEEDED,
    ".nocode": "%type CODE looks at code without running it",
    ".>": _REDIRECTION,
    ".>>": _REDIRECTION,
    ".1>": _REDIRECTION,
    ".2>": _REDIRECTION,
    ".2>>": _REDIRECTION,
    ".&>": _REDIRECTION,
}
"""By name, as they are typed at the beginning of a line."""
