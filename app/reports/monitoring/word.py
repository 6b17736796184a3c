"""The report as a Word document: the same blocks as the PDF, its figures as pictures of the PDF's."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from datetime import UTC

import docx
from docx.document import Document
from docx.enum.section import WD_SECTION
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_BREAK
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Length, Pt, RGBColor
from docx.styles.style import BaseStyle, ParagraphStyle
from docx.table import _Cell, _Row
from docx.text.paragraph import Paragraph
from docx.text.run import Run

from app.reports.monitoring import packed, pdf, words
from app.reports.monitoring.blocks import Block, Cell, Figure, Heading, Report, Table, Words

BODY, HEAD, LATIN = "宋体", "黑体", "Times New Roman"
"""Fonts that every Chinese Word has."""
RED, GREY = RGBColor(0xB0, 0x00, 0x20), RGBColor(0x55, 0x55, 0x55)
TONES = {"red": "F4B6AE", "orange": "F9D2A6", "yellow": "FBEEA6", "blue": "C3DCF3"}
ALIGN = {
    "left": WD_ALIGN_PARAGRAPH.LEFT, "center": WD_ALIGN_PARAGRAPH.CENTER, "right": WD_ALIGN_PARAGRAPH.RIGHT,
}  # fmt: skip
WIDTH = Cm(17)
CAPTION, CELL_HEAD, CELL, CELL_KEPT, NOTE = (
    "Report caption", "Report table head", "Report table", "Report table kept with next", "Report note",
)  # fmt: skip
"""Our styles of paragraphs."""
UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""Characters that XML cannot hold."""


def word(report: Report) -> bytes:
    """
    Write a report; the one date in the file is the report's own.

    Raises
    ------
    NotPrinted
        When a figure cannot be drawn.
    """
    document = docx.Document()
    _styles(document)
    _page(document, report)
    _cover(document, report)
    writer = _Writer(document)
    for block in report.blocks:
        writer.add(block)
    _properties(document, report)
    out = io.BytesIO()
    document.save(out)
    return packed.same_always(out.getvalue())


class _Writer:
    """Adds blocks to a document; counts its tables and figures."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._tables = self._figures = 0

    def add(self, block: Block) -> None:
        match block:
            case Heading():
                paragraph = self._document.add_heading(_clean(block.zh), level=1)
                _font(paragraph.add_run(f"  {block.en}"), BODY, size=9, colour=GREY)
            case Words():
                for line in block.lines:
                    self._document.add_paragraph(_clean(line), style="List Bullet" if block.points else "Normal")
            case Table():
                self._tables += 1
                self._caption(f"表 {self._tables}  {block.title}", keep=True)
                _table(self._document, block)
            case Figure():
                self._figures += 1
                self._picture(block)
                self._caption(f"图 {self._figures}  {block.caption}", keep=False)

    def _caption(self, text: str, *, keep: bool) -> None:
        paragraph = self._document.add_paragraph(_clean(text), style=CAPTION)
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        paragraph.paragraph_format.keep_with_next = keep

    def _picture(self, figure: Figure) -> None:
        paragraph = self._document.add_paragraph()
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        paragraph.paragraph_format.keep_with_next = True
        shape = paragraph.add_run().add_picture(io.BytesIO(pdf.picture(figure)), width=Cm(16))
        shape._inline.docPr.set("descr", figure.says)
        shape._inline.docPr.set("name", figure.name)


def _styles(document: Document) -> None:
    """Set the styles of Word that we use, and add our own for captions, tables and the words about them."""
    for name, font, size in (("Normal", BODY, 10.5), ("List Bullet", BODY, 10.5), ("Heading 1", HEAD, 14)):
        _style(document.styles[name], font, size)
    for name, font, size in (
        (CAPTION, HEAD, 9.0),
        (CELL_HEAD, HEAD, 8.5),
        (CELL, BODY, 8.5),
        (CELL_KEPT, BODY, 8.5),
        (NOTE, BODY, 7.5),
    ):
        style = document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        _style(style, font, size, grey=name == NOTE)
        style.paragraph_format.space_after = Pt(6 if name == CAPTION else 0)
        style.paragraph_format.keep_with_next = name == CELL_KEPT


def _style(style: BaseStyle, font: str, size: float, *, grey: bool = False) -> None:
    if not isinstance(style, ParagraphStyle):
        raise TypeError(f"{style.name} is no style of paragraphs")
    style.font.name = LATIN
    style.font.size = Pt(size)
    style.font.color.rgb = GREY if grey else RGBColor(0, 0, 0)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{theme}"), None)
    fonts.set(qn("w:eastAsia"), font)


def _font(run: Run, font: str, *, size: float, colour: RGBColor | None = None, bold: bool = False) -> None:
    run.font.name = LATIN
    run.font.size = Pt(size)
    run.font.bold = bold
    if colour is not None:
        run.font.color.rgb = colour
    run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), font)


def _page(document: Document, report: Report) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2)
    section.top_margin, section.bottom_margin = Cm(2.3), Cm(2)
    section.start_type = WD_SECTION.NEW_PAGE
    head = section.header.paragraphs[0]
    if report.synthetic:
        _font(head.add_run(f"{words.SYNTHETIC}    "), HEAD, size=8, colour=RED, bold=True)
    _font(head.add_run(report.state), HEAD, size=8, colour=RED if report.draft else None)
    foot = section.footer.paragraphs[0]
    foot.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _font(foot.add_run(f"{_clean(report.title)}    "), HEAD, size=8, colour=GREY)
    _field(foot, "PAGE")


def _field(paragraph: Paragraph, instruction: str) -> None:
    """Add a field that Word fills in, such as the number of the page."""
    for kind in ("begin", instruction, "end"):
        run = paragraph.add_run()
        _font(run, HEAD, size=8, colour=GREY)
        if kind == instruction:
            text = OxmlElement("w:instrText")
            text.text = instruction
            run._element.append(text)
        else:
            mark = OxmlElement("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
            run._element.append(mark)


def _cover(document: Document, report: Report) -> None:
    for _ in range(5):
        document.add_paragraph()
    lines = [(report.title, 22.0, None, True), (report.title_en, 11.0, GREY, False)]
    if report.synthetic:
        lines.insert(0, (words.SYNTHETIC, 13.0, RED, True))
    for text, size, colour, bold in lines:
        paragraph = document.add_paragraph()
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        _font(paragraph.add_run(_clean(text)), HEAD, size=size, colour=colour, bold=bold)
    document.add_paragraph()
    for name, value in report.facts:
        paragraph = document.add_paragraph()
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        _font(paragraph.add_run(f"{name}："), HEAD, size=11)
        _font(paragraph.add_run(_clean(value)), BODY, size=11)
    document.add_paragraph().add_run().add_break(WD_BREAK.PAGE)


def _table(document: Document, block: Table) -> None:
    if not block.rows:
        document.add_paragraph(block.empty, style=CELL).alignment = WD_ALIGN_PARAGRAPH.CENTER
        return
    table = document.add_table(rows=len(block.rows) + len(block.under) + 1, cols=len(block.columns), style="Table Grid")
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    whole = sum(column.width for column in block.columns)
    widths = [Length(round(WIDTH * column.width / whole)) for column in block.columns]
    aligns = [ALIGN[column.align] for column in block.columns]
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width
    rows = list(table.rows)
    styles = document.styles
    _fill(rows[0], [Cell(column.zh) for column in block.columns], widths, aligns, styles[CELL_HEAD])
    rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    body = styles[CELL_KEPT if block.under else CELL]
    step = 2 if block.under else 1
    for row, cells in zip(rows[1::step], block.rows, strict=True):
        _fill(row, cells, widths, aligns, body)
    for row, said in zip(rows[2::2], block.under, strict=False):
        _under(row, said, styles[NOTE])
    document.add_paragraph(block.note, style=NOTE)


def _fill(
    row: _Row,
    cells: Sequence[Cell],
    widths: Sequence[Length],
    aligns: Sequence[WD_ALIGN_PARAGRAPH],
    style: BaseStyle,
) -> None:
    row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
    for place, cell, width, align in zip(row.cells, cells, widths, aligns, strict=True):
        place.width = width
        paragraph = place.paragraphs[0]
        paragraph._p.style = style.style_id
        paragraph.alignment = align
        paragraph.add_run(_clean(cell.text))
        if cell.tone in TONES:
            _shade(place, TONES[cell.tone])


def _under(row: _Row, said: str, style: BaseStyle) -> None:
    """Write a line of words over all columns."""
    place, others = row.cells[0], row._tr.tc_lst[1:]
    for cell in others:
        row._tr.remove(cell)
    place._tc.grid_span = len(others) + 1
    place.width = WIDTH
    row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
    paragraph = place.paragraphs[0]
    paragraph._p.style = style.style_id
    paragraph.add_run(_clean(said))


def _shade(cell: _Cell, fill: str) -> None:
    shade = OxmlElement("w:shd")
    for name, value in (("val", "clear"), ("color", "auto"), ("fill", fill)):
        shade.set(qn(f"w:{name}"), value)
    cell._tc.get_or_add_tcPr().append(shade)


def _properties(document: Document, report: Report) -> None:
    facts = document.core_properties
    at = report.at.astimezone(UTC).replace(tzinfo=None, microsecond=0)
    facts.title, facts.author, facts.last_modified_by = _clean(report.title), "Junheng 均衡", "Junheng 均衡"
    facts.created = facts.modified = at
    facts.language, facts.comments, facts.revision = "zh-CN", words.SYNTHETIC if report.synthetic else "", 1


def _clean(text: str) -> str:
    return UNWRITABLE.sub("", text)
