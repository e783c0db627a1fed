"""
`docs`: pages for the people who work by a process.
"""

from pathlib import Path

from cli.shop import SHOP, Command, told
from svcflow.cli.failures import FINDINGS, WRONG_USE


def test_pages_and_an_index_are_written_into_a_folder(cli: Command, folder: Path) -> None:
    done = cli("docs", "shop.yaml", "-o", "pages/shop")
    assert done.status == 0
    assert {one.name for one in (folder / "pages" / "shop").iterdir()} == {"index.html", "shop.en.html", "shop.zh.html"}
    assert "3 files written" in done.err


def test_a_wiki_gets_markdown(cli: Command, folder: Path) -> None:
    assert cli("docs", "shop.yaml", "--format", "md", "-o", "wiki").status == 0
    assert "# Repair shop" in (folder / "wiki" / "shop.en.md").read_text(encoding="utf-8")


def test_files_with_errors_are_told_and_nothing_is_written(cli: Command, folder: Path) -> None:
    (folder / "wrong.yaml").write_text(SHOP.replace("refuse: refused", "refuse: refusde"), encoding="utf-8")
    done = cli("docs", "wrong.yaml", "-o", "pages")
    assert done.status == FINDINGS
    assert "error[SF201]" in done.err
    assert not (folder / "pages").exists()


def test_two_files_of_one_process_are_wrong_use(cli: Command, folder: Path) -> None:
    (folder / "again.yaml").write_text(SHOP, encoding="utf-8")
    done = cli("docs", "shop.yaml", "again.yaml", "-o", "pages")
    assert done.status == WRONG_USE
    assert told(done)[0] == "two of the files are the process shop"


def test_shared_words_alone_are_wrong_use(cli: Command, folder: Path) -> None:
    (folder / "words.yaml").write_text("shared: words\nroles: [agent]\n", encoding="utf-8")
    assert told(cli("docs", "words.yaml", "-o", "pages"))[0] == "none of the files is a process"
