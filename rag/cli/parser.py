"""Arguments of the `rag` command."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter, _SubParsersAction
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from rag.cli import compare, conversation, needle, position, report, self_test, sweep
from rag.cli.arguments import add_mode, add_windows, count
from rag.cli.dataset import add_dataset_arguments
from rag.conversation.search_question import Conversation
from rag.explanation.explanation import MANNERS, METHODS
from rag.retrieval.widening import Widen

if TYPE_CHECKING:
    Commands = _SubParsersAction[ArgumentParser]

EPILOG = """\
exit codes / 終了コード
  0  done; answered                     完了・回答あり
  1  no answer found; library not clean; a run got worse
                                        回答なし・検査で問題あり・結果が悪化
  2  usage or input error               使い方・入力の誤り（他のファイルは取り込み済み）
"""


def build_parser() -> ArgumentParser:
    """Build the parser of all subcommands."""
    common = _build_common()
    parser = ArgumentParser(
        prog="rag",
        description="長い日本語文書に質問する / Ask long Japanese documents",
        epilog=EPILOG,
        formatter_class=RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_documents(commands, common)
    _add_upkeep(commands, common)
    _add_questions(commands, common)
    _add_attention(commands, common)
    _add_evaluation(commands, common)
    compare.add_arguments(commands, common)
    _add_tokens(commands, common)
    report.add_arguments(commands, common)
    return parser


def _build_common() -> ArgumentParser:
    common = ArgumentParser(add_help=False)
    group = common.add_argument_group("library and models / 文書庫とモデル")
    group.add_argument("--library", metavar="DIR", help="folder of the library / 文書庫の場所 (indexes/default)")
    group.add_argument("--embedder", metavar="NAME_OR_FOLDER", help="embedding model / 埋め込みモデル")
    group.add_argument("--reader", metavar="NAME_OR_FOLDER", help="reading model / 読解モデル")
    group.add_argument("--config", metavar="FILE", type=Path, help="settings / 設定ファイル (rag.toml)")
    group.add_argument("--json", action="store_true", help="machine-readable output / JSON で出力")
    group.add_argument("--quiet", action="store_true", help="no progress bars / 進捗を表示しない")
    return common


def _add_documents(commands: Commands, common: ArgumentParser) -> None:
    ingest = commands.add_parser("ingest", parents=[common], help="read files and folders / 文書を取り込む")
    ingest.add_argument("paths", nargs="+", metavar="PATH", type=Path)
    ingest.add_argument("--tag", action="append", default=[], metavar="KEY=VALUE", help="tag them / 札を付ける")
    add_windows(ingest)
    documents = commands.add_parser("documents", parents=[common], help="list the documents / 文書の一覧")
    documents.add_argument("--losses", action="store_true", help="what of them did not come in / 取り込めなかったもの")
    remove = commands.add_parser("remove", parents=[common], help="remove a document / 文書を削除する")
    remove.add_argument("document", metavar="ID")
    tag = commands.add_parser("tag", parents=[common], help="tag a document / 文書に札を付ける")
    tag.add_argument("document", metavar="ID")
    tag.add_argument("tags", nargs="*", metavar="KEY=VALUE")
    tag.add_argument("--remove", action="append", default=[], metavar="KEY", help="take a tag away / 札を外す")


def _add_upkeep(commands: Commands, common: ArgumentParser) -> None:
    sync = commands.add_parser("sync", parents=[common], help="follow a folder / フォルダーに合わせる")
    sync.add_argument("folder", metavar="FOLDER", type=Path)
    sync.add_argument("--dry-run", action="store_true", help="say only what would be done / することを示すだけ")
    sync.add_argument("--watch", action="store_true", help="go on until Ctrl-C / 変化を追い続ける")
    add_windows(sync)
    commands.add_parser("verify", parents=[common], help="check the library / 文書庫を検査する")
    commands.add_parser("repair", parents=[common], help="mend what verify finds / 文書庫を直す")
    export = commands.add_parser("export", parents=[common], help="write it into one file / 一つのファイルに書き出す")
    export.add_argument("file", metavar="FILE.zip", type=Path)
    export.add_argument(
        "--readable", action="store_true", help="of a damaged library, what can be read / 壊れていても読める文書だけ"
    )
    imported = commands.add_parser("import", parents=[common], help="take such a file in / 書き出した文書庫を入れる")
    imported.add_argument("file", metavar="FILE.zip", type=Path)
    imported.add_argument("--replace", action="store_true", help="in place of what is there / 今の文書庫と入れ替える")


def _add_questions(commands: Commands, common: ArgumentParser) -> None:
    search = commands.add_parser("search", parents=[common], help="find passages / 該当箇所を探す")
    ask = commands.add_parser("ask", parents=[common], help="ask a question / 質問する")
    for parser in (search, ask):
        parser.add_argument("question", metavar="QUESTION")
        parser.add_argument("-k", type=count, metavar="N", help="windows to find / 探す窓の数")
        parser.add_argument("--document", action="append", metavar="ID", help="search only this one / 対象を限る")
        parser.add_argument(
            "--where",
            action="append",
            default=[],
            metavar="EXPR",
            help="search only documents such as 部署=総務, format=pdf, path=規程/*, modified>=2024-04-01 / 絞り込み",
        )
        add_mode(parser)
        parser.add_argument("--widen", choices=get_args(Widen), help="widen to whole articles / 条・節の全文に広げる")
    ask.add_argument(
        "--history", type=Path, metavar="FILE", help='earlier turns: JSON [{"question","answer"}] / 会話の履歴'
    )
    ask.add_argument(
        "--conversation", choices=get_args(Conversation), help="how a question takes them up / 続きの質問の扱い"
    )
    ask.add_argument("--explain", action="store_true", help="show where the reader looked / 注目箇所を示す")
    ask.add_argument("--method", choices=METHODS, help="how to explain, implies --explain / 説明の方法")
    ask.add_argument("--thorough", action="store_true", help="check the explanation at length / 念入りに検査する")
    commands.add_parser("demo", parents=[common], help="ask the sample library / 見本の文書に質問する")
    serve = commands.add_parser("serve", parents=[common], help="open the web page / 画面を開く")
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
    serve.add_argument("--port", type=_port, default=7860, help="port to listen on (7860)")
    serve.add_argument("--no-browser", action="store_true", help="do not open a browser / ブラウザを開かない")


def _add_attention(commands: Commands, common: ArgumentParser) -> None:
    attention = commands.add_parser(
        "attention", parents=[common], help="follow Q, K, V through one head / 一つのヘッドの計算をたどる"
    )
    attention.add_argument("text", metavar="TEXT", help="a short text / 短い文")
    attention.add_argument("--question", default="", help="a question about it / その文への質問")
    attention.add_argument("--model", metavar="NAME_OR_FOLDER", help="any transformer (the reader) / 見るモデル")
    attention.add_argument("--layer", type=count, default=1, metavar="N", help="layer, from 1 (1) / 層")
    attention.add_argument("--head", type=count, default=1, metavar="N", help="head, from 1 (1) / ヘッド")
    attention.add_argument("--without-scaling", action="store_true", help="do not divide by √d_k / √d_k で割らない")
    attention.add_argument("--shared", action="store_true", help="make keys with W_q / K も W_q で作る")
    attention.add_argument("--swap-values", action="store_true", help="values in reverse order / V を逆順に")


def _add_evaluation(commands: Commands, common: ArgumentParser) -> None:
    evaluate = commands.add_parser("evaluate", help="measure quality / 品質を測る")
    kinds = evaluate.add_subparsers(dest="kind", required=True, metavar="KIND")
    reading = kinds.add_parser("reading", parents=[common], help="reader on its own paragraphs / 読解")
    retrieval = kinds.add_parser("retrieval", parents=[common], help="search over paragraphs / 検索")
    answers = kinds.add_parser("answers", parents=[common], help="question answering end to end / 質問応答全体")
    faithfulness = kinds.add_parser("faithfulness", parents=[common], help="explanations / 説明は当てになるか")
    add_dataset_arguments(faithfulness)
    faithfulness.add_argument(
        "--level", choices=("sentence", "phrase"), default="sentence", help="what is removed / 文または文節"
    )
    faithfulness.add_argument(
        "--manner", action="append", choices=MANNERS, help="delete or mask (both); may be repeated / 除き方"
    )
    faithfulness.add_argument("--method", action="append", choices=METHODS, help="only this one; may be repeated")
    faithfulness.add_argument(
        "--out", type=Path, metavar="FOLDER", help="folder of the run (runs/…) / 結果のフォルダー"
    )
    faithfulness.add_argument("--plot", type=Path, metavar="FILE", help="draw the figures (PNG, SVG) / 図に描く")
    reading.add_argument("--squad", nargs="+", required=True, type=Path, metavar="FILE", help="SQuAD JSON (.xz)")
    retrieval.add_argument("--squad", nargs="+", default=[], type=Path, metavar="FILE", help="SQuAD JSON (.xz)")
    retrieval.add_argument("--beir", type=Path, metavar="FOLDER", help="corpus, queries, qrels / BEIR 形式のフォルダー")
    retrieval.add_argument("--split", default="test", metavar="NAME", help="of qrels/NAME.tsv (test) / 使う判定")
    retrieval.add_argument(
        "--pool", nargs="+", default=[], type=Path, metavar="FILE", help="more paragraphs / 追加の段落"
    )
    answers.add_argument("--docs", required=True, type=Path, metavar="PATH", help="docs.jsonl, file, folder / 文書")
    answers.add_argument("--questions", required=True, type=Path, metavar="FILE", help="JSONL or CSV (.xz) / 設問")
    answers.add_argument("--trace", type=Path, metavar="FOLDER", help="show where answers went wrong / 誤りを追跡する")
    add_windows(answers)
    for parser in (retrieval, answers, faithfulness):
        add_mode(parser)
    for parser in (reading, retrieval, answers, faithfulness):
        parser.add_argument("--limit", type=count, metavar="N", help="first N questions only / 先頭の N 問")
        parser.add_argument(
            "--rows", type=Path, metavar="FILE", help="write one line a question (JSONL) / 設問ごとの結果"
        )
    needle.add_arguments(kinds, common)
    position.add_arguments(kinds, common)
    sweep.add_arguments(kinds, common)
    conversation.add_arguments(kinds, common)
    self_test.add_arguments(kinds, common)


def _add_tokens(commands: Commands, common: ArgumentParser) -> None:
    tokens = commands.add_parser("tokens", parents=[common], help="compare tokenizers / トークンの切り方を比べる")
    tokens.add_argument(
        "text", nargs="?", metavar="TEXT", help="text to cut; without it, documents are measured / 切る文章"
    )
    tokens.add_argument("--answer", metavar="TEXT", help="a part of the text to mark / 文章の中の答え")
    tokens.add_argument(
        "--tokenizer",
        action="append",
        default=[],
        metavar="NAME",
        help="name or folder, or bpe:N, wordpiece:N, unigram:N trained on the documents now; repeatable / "
        "比べるトークナイザー",
    )
    tokens.add_argument("--docs", nargs="+", default=[], type=Path, metavar="FILE", help="documents / 測る文書 (見本)")
    tokens.add_argument(
        "--squad",
        nargs="+",
        default=[],
        type=Path,
        metavar="FILE",
        help="SQuAD JSON (.xz): paragraphs, answers / 段落と答え",
    )


def _port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise ArgumentTypeError(f"{text!r}: expected a port from 1 to 65535 / 1 から 65535 を指定してください")
    return int(text)
