"""The `rag` command: what it prints and how it exits."""

from __future__ import annotations

import json
import lzma
import os
import re
import shlex
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rag.cli import main
from rag.cli.records import describe_citation
from rag.cli.terminal import print_answer, print_figures
from rag.evaluation.variants import embedder_bench
from rag.evaluation.variants.memory import Footprint
from rag.library.records import CitedProvision, ResolvedReference
from rag.retrieval.hit import Hit
from tests.documents.written_files import build_pdf
from tests.ui.evidence import build_answer

RULES = """青空商会 旅費規程

第1条（宿泊費）
国内の宿泊費は一泊一万二千円を上限とする。

第2条（精算）
旅費の精算は帰社した日から十日以内に経理課へ申し出る。
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli")
    source = folder / "旅費.txt"
    source.write_text(RULES, encoding="euc_jp")
    assert main(["ingest", str(source), "--library", str(folder / "library"), "--quiet"]) == 0
    return folder / "library"


def run_json(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any]:
    capsys.readouterr()
    code = main([*arguments, "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_ingest_reports_what_failed_and_keeps_the_rest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "良い.txt").write_text(RULES, encoding="utf-8")
    (tmp_path / "空.txt").write_bytes(b"")
    (tmp_path / "偽.pdf").write_bytes(b"PK\x03\x04 no pdf")
    (tmp_path / "像.txt").write_bytes(bytes(range(256)) * 40)
    (tmp_path / "長い行.txt").write_text("長い行です。" * 100_000, encoding="utf-8")
    paths = [str(tmp_path / name) for name in ("良い.txt", "空.txt", "無い.txt", "偽.pdf", "像.txt", "長い行.txt")]
    code, report = run_json(capsys, "ingest", *paths, "--library", str(tmp_path / "library"))
    assert code == 2
    assert set(report) == {
        "added", "updated", "unchanged", "failed", "documents", "chunks", "characters", "removed", "losses", "seconds",
    }  # fmt: skip
    assert len(report["added"]) == report["documents"] == 2
    assert [Path(failure["path"]).name for failure in report["failed"]] == ["空.txt", "無い.txt", "偽.pdf", "像.txt"]
    for failure in report["failed"]:
        assert Path(failure["path"]).name in failure["error"]


def test_losses_are_shown_after_ingest_and_on_demand(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = str(tmp_path / "library")
    (tmp_path / "傷.txt").write_bytes((RULES * 9).encode("cp932") + b"\xff")
    (tmp_path / "良い.txt").write_text(RULES, encoding="utf-8")
    paths = [str(tmp_path / name) for name in ("傷.txt", "良い.txt")]
    assert main(["ingest", *paths, "--library", folder, "--quiet"]) == 0
    printed = capsys.readouterr().out
    assert "読めないバイト 1" in printed
    assert "取り込めなかったものの合計 / in all（1 件）: 読めないバイト 1 / unreadable bytes: 1" in printed
    assert "良い.txt" not in printed
    assert main(["documents", "--losses", "--library", folder]) == 0
    printed = "".join(capsys.readouterr().out.split())
    assert "utf-8（100%）" in printed
    assert "なし" in printed
    assert "cp932（" in printed
    code, listed = run_json(capsys, "documents", "--losses", "--library", folder)
    assert code == 0
    assert [entry["losses"]["undecodable"] for entry in listed["documents"]] == [1, 0]
    assert listed["documents"][0]["losses"]["encoding"] == "cp932"
    code, report = run_json(capsys, "ingest", *paths, "--library", folder)
    assert report["losses"] == []  # nothing came in


def test_search_gives_every_field(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, found = run_json(capsys, "search", "宿泊費の上限はいくらですか", "--library", str(library))
    assert code == 0
    hit = found["hits"][0]
    assert set(hit) == {
        "document", "title", "start", "end", "text", "score", "dense_rank", "lexical_rank", "rating", "matched",
    }  # fmt: skip
    assert "一泊一万二千円" in hit["text"]
    assert hit["text"] == RULES[hit["start"] : hit["end"]]
    assert any("宿泊" in term for term in hit["matched"])


@pytest.mark.parametrize("mode", ["hybrid", "dense", "lexical"])
def test_search_mode_decides_which_ranks_there_are(
    library: Path, capsys: pytest.CaptureFixture[str], mode: str
) -> None:
    _, found = run_json(capsys, "search", "宿泊費の上限", "--mode", mode, "--library", str(library))
    hit = found["hits"][0]
    assert (hit["dense_rank"] is not None, hit["lexical_rank"] is not None) == (mode != "lexical", mode != "dense")


def test_ask_gives_every_field(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, answer = run_json(capsys, "ask", "旅費の精算はどこへ申し出ますか", "--explain", "--library", str(library))
    assert set(answer) >= {
        "question", "answer", "confidence", "no_answer", "citation", "alternatives", "passages", "explanation",
        "seconds",
    }  # fmt: skip
    assert code == (1 if answer["no_answer"] else 0)
    assert set(answer["passages"][0]) == {"document", "start", "end", "score", "attention"}
    assert sum(passage["attention"] for passage in answer["passages"]) == pytest.approx(1, abs=1e-3)
    assert set(answer["explanation"]) == {"method", "sentences", "removal"}
    for sentence in answer["explanation"]["sentences"]:
        assert sentence["text"] == RULES[sentence["start"] : sentence["end"]]
    assert set(answer["seconds"]) == {"retrieve", "read", "explain"}
    if answer["citation"]:
        assert set(answer["citation"]) == {
            "document", "title", "start", "end", "page", "heading", "text", "references", "boxes", "boxes_error",
        }  # fmt: skip
        assert answer["citation"]["text"] == RULES[answer["citation"]["start"] : answer["citation"]["end"]]


def test_a_thorough_check_is_another_check(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ("ask", "旅費の精算はどこへ申し出ますか", "--library", str(library))
    quick, thorough = (run_json(capsys, *asked, option)[1]["explanation"] for option in ("--explain", "--thorough"))
    assert quick["sentences"] == thorough["sentences"]
    assert quick["removal"]["random"] != thorough["removal"]["random"]


def test_ask_gives_the_boxes_of_a_pdf(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "置場.pdf"
    path.write_bytes(build_pdf([["置場の決まり"], ["第1条（駐輪場）", "自転車置場の使用料は月に三百円とする。"]]))
    run_json(capsys, "ingest", str(path), "--library", str(tmp_path / "library"))
    _, answer = run_json(capsys, "ask", "自転車置場の使用料はいくらですか", "--library", str(tmp_path / "library"))
    (box,) = answer["citation"]["boxes"]
    assert answer["citation"]["boxes_error"] is None
    assert (box["page"], box["index"], round(box["width"]), round(box["height"])) == ("2", 1, 595, 842)
    assert box["y0"] < 842 - 760 < box["y1"]
    path.unlink()
    _, answer = run_json(capsys, "ask", "自転車置場の使用料はいくらですか", "--library", str(tmp_path / "library"))
    assert answer["citation"]["boxes"] == []
    assert answer["citation"]["boxes_error"].startswith("ファイルがありません")


def test_no_answer_is_null_and_exits_with_one(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, answer = run_json(capsys, "ask", "火星の直径は何キロメートルですか", "--library", str(library))
    assert (code, answer["answer"], answer["no_answer"], answer["citation"]) == (1, None, True, None)


def test_history_file_is_read(library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    history = tmp_path / "history.json"
    history.write_text(
        json.dumps([{"question": "宿泊費の上限はいくらですか", "answer": "一泊一万二千円"}]), encoding="utf-8"
    )
    _, answer = run_json(
        capsys, "ask", "それは海外でも同じですか", "--history", str(history), "--library", str(library)
    )
    assert "宿泊費" in answer["search_question"]
    alone = ["--conversation", "none"]
    _, answer = run_json(
        capsys, "ask", "それは海外でも同じですか", "--history", str(history), "--library", str(library), *alone
    )
    assert answer["search_question"] == "それは海外でも同じですか"


@pytest.mark.parametrize("content", ["{", '{"question": "a"}', '[{"question": "a"}]', "[3]"])
def test_wrong_history_is_named(
    library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str
) -> None:
    history = tmp_path / "history.json"
    history.write_text(content, encoding="utf-8")
    assert main(["ask", "いつ", "--history", str(history), "--library", str(library)]) == 2
    assert "expected a JSON list" in " ".join(capsys.readouterr().err.split())


def test_documents_remove_and_verify(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "旅費.txt"
    source.write_text(RULES, encoding="utf-8")
    place = ["--library", str(tmp_path / "library")]
    main(["ingest", str(source), *place, "--quiet"])
    _, listed = run_json(capsys, "documents", *place)
    [entry] = listed["documents"]
    assert (entry["title"], entry["source"], entry["characters"]) == (
        "青空商会 旅費規程",
        str(source.resolve()),
        len(RULES),
    )
    assert run_json(capsys, "verify", *place) == (0, {"clean": True, "problems": [], "dense_recall": 1.0})
    assert run_json(capsys, "remove", entry["id"], *place)[0] == 0
    assert run_json(capsys, "documents", *place)[1] == {"documents": []}
    assert main(["remove", entry["id"], *place]) == 2
    assert "no such document" in capsys.readouterr().err


def test_missing_library_is_an_input_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["search", "休暇", "--library", str(tmp_path / "none"), "--json"]) == 2
    assert "no library there" in json.loads(capsys.readouterr().err)["error"]


@pytest.mark.parametrize(
    "arguments",
    [[], ["ask"], ["search", "休暇", "-k", "0"], ["search", "休暇", "--mode", "fast"], ["evaluate"], ["frob"]],
    ids=["nothing", "no question", "k", "mode", "evaluate", "unknown"],
)
def test_usage_errors_exit_with_two(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2


def test_terminal_output_of_an_answer(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["ask", "旅費の精算はどこへ申し出ますか", "--explain", "--library", str(library)])
    printed = capsys.readouterr().out
    assert "旅費の精算はどこへ申し出ますか" in printed
    assert "注目した文" in printed
    assert "除去検査" in printed


def test_sentences_and_ids_are_not_wrapped(
    library: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    main(["ask", "旅費の精算はどこへ申し出ますか", "--explain", "--library", str(library)])
    [line] = [line for line in capsys.readouterr().out.splitlines() if "除去検査" in line]
    assert line.endswith("/ removal check")
    [entry] = run_json(capsys, "documents", "--library", str(library))[1]["documents"]
    main(["documents", "--library", str(library)])
    assert entry["id"] in capsys.readouterr().out


def test_references_of_the_cited_sentence_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    target = CitedProvision("b", "第35条 第4項", 7, 11, "日数は\n" + "翌" * 80)
    references = (ResolvedReference("第35条第4項", 1, 8, (target,)), ResolvedReference("民法第一条", 9, 14, ()))
    answer = build_answer()
    assert answer.citation is not None
    answer = replace(answer, citation=replace(answer.citation, references=references))
    print_answer(answer, titles=str)
    [line] = [line for line in capsys.readouterr().out.splitlines() if line.startswith("参照")]
    assert line == "参照 第35条第4項 → 第35条 第4項　日数は " + "翌" * 56 + "…"
    citation = describe_citation(answer.citation)
    assert citation is not None
    assert citation["references"] == [
        {"text": "第35条第4項", "label": "第35条 第4項", "document": "b", "start": 7, "end": 11}
    ]


def test_search_widens_to_whole_articles(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, found = run_json(capsys, "search", "宿泊費の上限", "--widen", "article", "--library", str(library))
    assert found["hits"][0]["text"].endswith("十日以内に経理課へ申し出る。")


QUESTION = {
    "id": "1",
    "question": "旅費の精算はどこへ申し出ますか",
    "answers": [{"text": "経理課", "answer_start": RULES.index("経理課")}],
}


@pytest.fixture
def squad(tmp_path: Path) -> str:
    content = {"data": [{"title": "旅費", "paragraphs": [{"context": RULES, "qas": [QUESTION]}]}]}
    (tmp_path / "squad.json").write_text(json.dumps(content), encoding="utf-8")
    return str(tmp_path / "squad.json")


def test_evaluate_reading(squad: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = tmp_path / "rows.jsonl"
    _, figures = run_json(capsys, "evaluate", "reading", "--squad", squad, "--rows", str(rows))
    assert set(figures) == {"exact_match", "f1", "n", "seconds"}
    [row] = [json.loads(line) for line in rows.read_text(encoding="utf-8").splitlines()]
    assert figures["n"] == 1
    assert row["id"] == "1"


def test_evaluate_retrieval(squad: str, capsys: pytest.CaptureFixture[str]) -> None:
    _, figures = run_json(capsys, "evaluate", "retrieval", "--squad", squad, "--pool", squad, "--mode", "lexical")
    assert figures == {
        "recall@1": 1, "recall@5": 1, "recall@10": 1, "mrr@10": 1, "ndcg@10": 1, "n": 1, "passages": 1,
    }  # fmt: skip


def test_evaluate_retrieval_takes_the_settings_of_search(squad: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, Any] = {}

    def note(question: str, **given: Any) -> list[Hit]:
        seen.update(given)
        return []

    monkeypatch.setattr("rag.evaluation.retrieval.search", note)
    for name, value in (("POOL", "30"), ("DENSE_SHARE", "0.4"), ("MODE", "dense"), ("HITS", "3")):
        monkeypatch.setenv(f"RAG_{name}", value)
    assert main(["evaluate", "retrieval", "--squad", squad, "--quiet"]) == 0
    assert (seen["pool"], seen["dense_share"], seen["mode"]) == (30, 0.4, "dense")
    assert seen["k"] == 10  # the figures are those of ten hits, whatever "hits" says


def test_compare(
    squad: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedder_bench, "measure_footprint", lambda task: Footprint(None, 2**20))
    for name, more in (("全部", ""), ("短い", "dimensions = 96")):
        (tmp_path / f"{name}.toml").write_text(f'kind = "embedder"\n{more}', encoding="utf-8")
    files = [str(tmp_path / f"{name}.toml") for name in ("全部", "短い")]
    options = ["--squad", squad, "--out", str(tmp_path / "run"), "--min-questions", "1"]
    _, report = run_json(capsys, "compare", *files, *options)
    assert (report["全部 recall@1"], report["短い recall@5"], report["全部 peak_mib"]) == (100, 100, None)
    assert report["findings"]["短い"].startswith("短い は 全部 の代わりになる：±0.0 recall@5 [±0.0, ±0.0]（p = 1.000）")
    assert report["folder"] == str(tmp_path / "run")
    _, report = run_json(capsys, "compare", *files, *options, "--min-shrink", "9")
    assert "短い は 全部 の代わりにならない" in report["findings"]["短い"]


def test_evaluate_answers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    docs, questions = tmp_path / "docs.jsonl", tmp_path / "questions.jsonl.xz"
    docs.write_text(json.dumps({"id": "d", "title": "旅費", "text": RULES}), encoding="utf-8")
    questions.write_bytes(lzma.compress(json.dumps(QUESTION | {"doc_id": "d", "paraphrase": "low"}).encode()))
    _, figures = run_json(capsys, "evaluate", "answers", "--docs", str(docs), "--questions", str(questions))
    assert set(figures) == {
        "exact_match", "f1", "answer_recall@5", "answer_recall@2000c", "unanswerable_auc", "n", "seconds_per_question",
        "expected_calibration_error", "risk_coverage_area", "risk_at_coverage", "paraphrase",
    }  # fmt: skip
    assert (figures["answer_recall@5"], figures["unanswerable_auc"]) == (1, None)
    assert figures["risk_at_coverage"].keys() == {f"{tenth / 10}" for tenth in range(1, 11)}
    assert figures["paraphrase"]["low"].keys() == {"n", "exact_match", "f1", "answer_recall@5", "answer_recall@2000c"}


def test_evaluate_answers_with_a_trace(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    docs, questions, folder = tmp_path / "docs.jsonl", tmp_path / "questions.jsonl", tmp_path / "trace"
    docs.write_text(json.dumps({"id": "d", "title": "旅費", "text": RULES}), encoding="utf-8")
    # What is accepted here nobody would say, so that there is something to trace.
    wrong = QUESTION | {"doc_id": "d", "answers": [{"text": "青空商会", "answer_start": 0}]}
    questions.write_text(json.dumps(wrong), encoding="utf-8")
    _, figures = run_json(
        capsys, "evaluate", "answers", "--docs", str(docs), "--questions", str(questions), "--trace", str(folder)
    )
    assert sum(figures["trace"][fate] for fate in ("wrong_span", "wrongly_refused")) == 1
    [row] = [json.loads(line) for line in (folder / "questions.jsonl").read_text(encoding="utf-8").splitlines()]
    assert figures["trace"][row["fate"]] == 1
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert page.count('<mark class="accepted">') == 2  # in the legend and in the passage
    assert re.search(r'class="sentence" style="--gaze:1\.00" title="視線の ', page)


def test_figures_of_a_group_are_printed_behind_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    print_figures({"n": 1200, "auc": None, "paraphrase": {"low": {"f1": 37.5, "n": 2}}})
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        ["n", "1,200"],
        ["auc", "-"],
        ["paraphrase", "low", "f1", "37.5000"],
        ["paraphrase", "low", "n", "2"],
    ]


def test_rows_that_cannot_be_written_are_told_before_measuring(
    squad: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.cli.evaluation.load_reader", lambda settings: pytest.fail("measured"))
    assert main(["evaluate", "reading", "--squad", squad, "--rows", str(tmp_path / "none" / "rows.jsonl")]) == 2
    assert "cannot be written" in " ".join(capsys.readouterr().err.split())


def test_looking_at_documents_loads_no_model(library: Path) -> None:
    code = (
        "import sys; from rag.cli import main; main(['documents', *sys.argv[1:]]); main(['verify', *sys.argv[1:]]);"
        "print('torch' in sys.modules)"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code, "--library", str(library)], capture_output=True, text=True, check=True
    ).stdout
    assert "青空商会" in shown
    assert shown.endswith("False\n")


def test_a_name_that_is_no_text_is_shown_with_escapes(tmp_path: Path, capfdbinary: Any) -> None:
    source = tmp_path / os.fsdecode(b"\x97\xb7\x94\xef.txt")  # 旅費 in Shift_JIS
    try:
        source.write_text(RULES, encoding="utf-8")
    except OSError:
        pytest.skip("the file system takes only UTF-8")
    place = ["--library", str(tmp_path / "library")]
    for command in (["ingest", str(source), "--quiet"], ["documents"], ["documents", "--json"]):
        capfdbinary.readouterr()
        assert main([*command, *place]) == 0
    [entry] = json.loads(capfdbinary.readouterr().out)["documents"]
    assert entry["source"] == str(source.resolve())


@pytest.mark.skipif(os.name != "posix", reason="pipes end otherwise there")
def test_a_reader_that_is_gone_is_no_error(library: Path) -> None:
    command = f"{shlex.quote(sys.executable)} -m rag.cli documents --library {shlex.quote(str(library))} --json"
    done = subprocess.run(["bash", "-c", f"{command} | true; exit ${{PIPESTATUS[0]}}"], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_folder_without_a_library_stays_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for command in (["documents"], ["verify"], ["search", "休暇"], ["ask", "休暇"]):
        assert main([*command, "--library", str(tmp_path), "--json"]) == 2
        assert "no library there" in json.loads(capsys.readouterr().err)["error"]
    assert list(tmp_path.iterdir()) == []


def test_a_port_that_is_taken_is_said_in_a_line(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert main(["serve", "--port", port, "--no-browser", "--library", str(library)]) == 2
    assert f"127.0.0.1:{port} は使えません" in capsys.readouterr().err


@pytest.mark.parametrize("port", ["0", "65536", "x"])
def test_a_port_that_cannot_be_is_a_usage_error(port: str) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["serve", "--port", port])
    assert caught.value.code == 2


def test_installed_command_answers_help() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "rag.cli", "--help"], capture_output=True, text=True, check=True
    ).stdout
    assert "exit codes" in shown
    for name in ("ingest", "search", "ask", "documents", "remove", "verify", "demo", "serve", "evaluate", "tokens"):
        assert name in shown
