"""JupyterLab in a browser: a notebook is run, stopped, asked, sorted, restarted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Page, expect

from repl.jupyter.debugger.cell_debugger import find_adapter
from tests.support.jupyterlab import jupyterlab

CELLS = [
    "#include <iostream>\n#include <string>\n#include <vector>\nint kept = 5;",
    "struct City { std::string name; int people; };\n"
    'std::vector<City> cities{{"Bern", 134}, {"Basel", 177}, {"Chur", 38}};\ncities',
    "int *nothing = nullptr;\n*nothing = kept = 6;",
    "kept",
]


def _write(folder: Path, texts: Sequence[str] = CELLS) -> None:
    specification = {"name": "tested", "display_name": "C++", "language": "c++"}
    notebook = new_notebook(metadata={"kernelspec": specification})
    notebook.cells = [new_code_cell(text) for text in texts]
    nbformat.write(notebook, folder / "cells.ipynb")


def _menu(page: Page, menu: str, entry: str) -> None:
    page.locator(".lm-MenuBar-item", has_text=menu).first.click()
    page.locator(".lm-Menu-item", has_text=entry).first.click()


def _write_into(page: Page, number: int, text: str) -> None:
    """Replace the text of a cell."""
    page.locator(".jp-Notebook-cell").nth(number).locator(".cm-content").click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(text)


def _run(page: Page, number: int, text: str) -> None:
    """Put a text into a cell, and run it."""
    _write_into(page, number, text)
    page.keyboard.press("Control+Enter")


def _open(page: Page, address: str, count: int = len(CELLS)) -> None:
    page.goto(f"{address}lab/tree/cells.ipynb?reset")
    expect(page.locator(".jp-Notebook-cell")).to_have_count(count, timeout=120_000)


def test_a_notebook(tmp_path: Path) -> None:
    _write(tmp_path)
    with jupyterlab(tmp_path) as (page, address):
        _open(page, address)
        cells = page.locator(".jp-Notebook-cell")
        expect(page.get_by_text("| Idle")).to_be_visible()  # else it drops what is run
        page.get_by_role("button", name="No", exact=True).click()  # news are not wanted
        # All that comes behind a red cell: by Shift-Enter, as "Run All" ends at it.
        cells.nth(0).locator(".cm-content").click()
        for _ in CELLS:
            page.keyboard.press("Shift+Enter")
        table = cells.nth(1).locator("table.dataframe")
        expect(table).to_be_visible()
        expect(cells.nth(2).locator(".jp-OutputArea")).to_contain_text("SIGSEGV")
        page.locator(".jp-Notebook-cell").nth(3).locator(".cm-content").click()
        page.keyboard.press("Control+Enter")
        expect(cells.nth(3).locator(".jp-OutputArea-output")).to_contain_text("(int) 5")

        table.locator("th", has_text="people").click()
        expect(table.locator("tbody tr").first).to_contain_text("Chur")
        page.locator(".jp-NotebookPanel").screenshot(path=str(tmp_path / "table.png"))

        last = cells.nth(3)
        last.locator(".cm-content").click()
        page.keyboard.press("Control+A")
        page.keyboard.insert_text("kep")
        page.keyboard.press("Tab")
        expect(page.locator(".jp-Completer")).to_contain_text("kept")
        page.keyboard.press("Enter")
        expect(last.locator(".cm-content")).to_have_text("kept")
        page.keyboard.press("Shift+Tab")
        expect(page.locator(".jp-Tooltip")).to_contain_text("int kept")
        page.keyboard.press("Escape")

        _run(page, 3, 'std::cout << "begun" << std::endl; for (;;) ;')
        expect(last.locator(".jp-OutputArea")).to_contain_text("begun")
        _menu(page, "Kernel", "Interrupt Kernel")
        expect(last.locator(".jp-OutputArea")).to_contain_text("interrupted")

        _run(page, 3, 'std::string name; std::cin >> name; "hello " + name')
        page.locator(".jp-Stdin-input").fill("Ada")
        page.locator(".jp-Stdin-input").press("Enter")
        expect(last.locator(".jp-OutputArea")).to_contain_text('"hello Ada"')

        _menu(page, "Kernel", "Restart Kernel")
        page.locator(".jp-Dialog-button.jp-mod-warn").click()
        expect(page.get_by_text("| Idle")).to_be_visible()
        _run(page, 3, "kept")
        expect(last.locator(".jp-OutputArea")).to_contain_text("undeclared identifier")

        _write_into(page, 2, "kept + 1")
        _write_into(page, 3, "kept + 2")
        _menu(page, "Kernel", "Restart Kernel and Run All Cells")
        page.locator(".jp-Dialog-button.jp-mod-warn").click()
        expect(last.locator(".jp-OutputArea")).to_contain_text("(int) 7")
        expect(cells.nth(2).locator(".jp-OutputArea")).to_contain_text("(int) 6")

        # The browser goes in the midst of a cell: the kernel stays.
        _run(page, 3, 'std::cout << "begun" << std::endl; for (;;) ;')
        expect(last.locator(".jp-OutputArea")).to_contain_text("begun")
        another = page.context.new_page()
        page.close()
        _open(another, address)
        _menu(another, "Kernel", "Interrupt Kernel")
        _run(another, 3, "kept")
        output = another.locator(".jp-Notebook-cell").nth(3).locator(".jp-OutputArea")
        expect(output).to_contain_text("(int) 5")


@pytest.mark.skipif(find_adapter() is None, reason="needs lldb-dap (lldb-22)")
def test_the_debugger(tmp_path: Path) -> None:
    square = "int square(int side) {\n  int area = side * side;\n  return area;\n}"
    _write(tmp_path, [square, "int n = 3;\nn += square(n);\nn"])
    with jupyterlab(tmp_path) as (page, address):
        _open(page, address, 2)
        cells = page.locator(".jp-Notebook-cell")
        expect(page.get_by_text("| Idle")).to_be_visible()
        page.get_by_role("button", name="No", exact=True).click()
        page.locator(".jp-DebuggerBugButton").first.click()
        lines = cells.nth(1).locator(".cm-breakpoint-gutter .cm-gutterElement")
        expect(lines).to_have_count(4)  # the first is for the height of the others
        lines.nth(2).click()
        cells.nth(0).locator(".cm-content").click()
        page.keyboard.press("Control+Enter")
        cells.nth(1).locator(".cm-content").click()
        page.keyboard.press("Control+Enter")
        calls, values = page.locator(".jp-DebuggerCallstack"), page.locator(".jp-DebuggerVariables")
        expect(calls).to_contain_text("In[2]")
        expect(values).to_contain_text("3")
        page.keyboard.press("F11")
        expect(calls).to_contain_text("square(int)")
        expect(values).to_contain_text("side")
        page.keyboard.press("F9")
        expect(cells.nth(1).locator(".jp-OutputArea")).to_contain_text("(int) 12")
