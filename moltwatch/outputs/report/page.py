"""A report as one page: no script, nothing from the network, light or dark as the reader has it.

The template escapes whatever is put into it; nothing is marked as safe.
"""

from __future__ import annotations

from pathlib import Path

from moltwatch.model import SUREST_FIRST, Kind
from moltwatch.outputs.report import words
from moltwatch.outputs.report.charts import LEFT, WIDTH, groups_chart, rate_chart
from moltwatch.outputs.report.summary import Summary
from moltwatch.outputs.symbols import SYMBOLS
from moltwatch.times import format_duration
from moltwatch.wording import count

TEMPLATE = Path(__file__).with_name("page.html.j2")


def html(summary: Summary) -> str:
    """The whole page."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined
    )
    template = environment.from_string(TEMPLATE.read_text("utf-8"))
    page: str = template.render(
        summary=summary,
        words=words,
        count=count,
        symbols=SYMBOLS,
        duration=format_duration,
        kinds=SUREST_FIRST,
        persona=Kind.PERSONA,
        rate=rate_chart(summary),
        groups=groups_chart(summary),
        left=LEFT,
        width=WIDTH,
    )
    return page + "\n"
