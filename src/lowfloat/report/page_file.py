"""What every page is made with: templates, and figures as HTML."""

import jinja2
import plotly.graph_objects as go
from markupsafe import Markup

from lowfloat.report.charts import CONFIG


def template_environment() -> jinja2.Environment:
    """Return where the templates of pages are read, without filters."""
    return jinja2.Environment(
        loader=jinja2.PackageLoader("lowfloat.report", "."),
        autoescape=True,  # whatever the file's name: names of symbols and policies are not ours
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def figure_html(figure: go.Figure, name: str) -> Markup:
    """Return a figure as HTML without the drawing library, in an element called by ``name``."""
    # A fixed name for the element: plotly would draw a random one. It escapes <, > and / itself.
    return Markup(
        figure.to_html(
            config=CONFIG,
            full_html=False,
            include_plotlyjs=False,
            div_id=f"figure-{name}",
            default_height=f"{figure.layout.height}px",
        )
    )
