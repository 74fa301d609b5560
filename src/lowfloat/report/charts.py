"""Figures over the whole exam and over training; what they share with the day charts."""

import html
from typing import Any

import numpy as np
import plotly.graph_objects as go

from lowfloat.report import palette
from lowfloat.report.exam_files import Exam
from lowfloat.report.learning import NET_PNL, RETURN, Curve, moving_mean
from lowfloat.report.summary import cumulative_pnl, in_time_order

FONT = 'Inter, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'

# What a drawing may do. The buttons are listed one by one: plotly's own choice has grown one
# that sends the chart to its makers' servers.
CONFIG: dict[str, Any] = {
    "displaylogo": False,
    "showSendToCloud": False,
    "plotlyServerURL": "",
    "modeBarButtons": [["toImage", "zoom2d", "pan2d", "resetScale2d"]],
    "responsive": True,
}

DOLLARS = "$,~f"  # d3's format: as many digits as needed, the minus before the sign


def safe(text: str) -> str:
    """Return text from a file so that the drawing shows it as it is, markup and all."""
    return html.escape(text, quote=False)


def axis(**more: Any) -> dict[str, Any]:
    """Return an axis in the report's style."""
    style = {
        "gridcolor": palette.GRID,
        "linecolor": palette.GRID,
        "zeroline": False,
        "ticks": "",
        "automargin": True,
        "title": {"font": {"size": 12, "color": palette.MUTED}, "standoff": 10},
    }
    title = more.pop("title", None)
    if title:
        style["title"] = {**style["title"], "text": title}  # type: ignore[dict-item]
    return style | more


def layout(height: int, **more: Any) -> dict[str, Any]:
    """Return a figure's layout in the report's style."""
    return {
        "template": None,
        "height": height,
        "margin": {"l": 64, "r": 16, "t": 36, "b": 40},
        "paper_bgcolor": palette.PAPER,
        "plot_bgcolor": palette.PAPER,
        "font": {"family": FONT, "size": 12, "color": palette.INK},
        "hoverlabel": {
            "bgcolor": palette.PAPER,
            "bordercolor": palette.ZERO,
            "font": {"family": FONT, "size": 12, "color": palette.INK},
            "align": "left",
        },
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "xanchor": "left", "yanchor": "bottom"},
    } | more


def equity_figure(exam: Exam) -> go.Figure:
    """Draw each policy's running net P&L over the days, and below it the agent's days."""
    order = in_time_order(exam)
    names = [f"{exam.days[i].symbol} {exam.days[i].date}" for i in order]
    axis_days = np.arange(1, len(names) + 1)
    figure = go.Figure()
    running = cumulative_pnl(exam)
    colours = palette.policy_colours(list(running))
    for policy, dollars in reversed(running.items()):  # the agent last, on top of the others
        figure.add_scatter(
            x=np.concatenate([[0], axis_days]),
            y=np.concatenate([[0.0], dollars]),
            text=["start", *names],
            name=safe(policy),
            mode="lines",
            line={
                "color": colours[policy],
                "width": 3 if policy == exam.agent.name else 1.6,
                "dash": "dot" if policy == "do_nothing" else "solid",
            },
            hovertemplate=f"%{{y:$,.2f}} after %{{text}}<extra>{safe(policy)}</extra>",
        )
    pnl = np.array(exam.agent.net_pnl)[order]
    figure.add_bar(
        x=axis_days,
        y=pnl,
        text=names,
        textposition="none",
        marker={"color": np.where(pnl >= 0, palette.GAIN, palette.LOSS).tolist()},
        showlegend=False,
        yaxis="y2",
        hovertemplate="%{y:$,.2f} on %{text}<extra>agent</extra>",
    )
    step = -(-len(names) // 12)
    shown = range(0, len(names), step)
    figure.update_layout(
        layout(
            520,
            hovermode="closest",
            bargap=0.35,
            legend={**layout(0)["legend"], "traceorder": "reversed"},
            xaxis=axis(
                anchor="y2",
                range=[0, len(names) + 0.6],
                showgrid=False,
                tickmode="array",
                tickvals=[int(axis_days[i]) for i in shown],
                ticktext=[names[i].replace(" ", "<br>", 1) for i in shown],
            ),
            yaxis=axis(
                domain=[0.40, 1.0],
                title="Running net P&amp;L",
                tickformat=DOLLARS,
                zeroline=True,
                zerolinecolor=palette.ZERO,
            ),
            yaxis2=axis(
                domain=[0.0, 0.30],
                title="Agent per day",
                tickformat=DOLLARS,
                nticks=5,
                zeroline=True,
                zerolinecolor=palette.ZERO,
            ),
        )
    )
    return figure


def learning_figure(curves: dict[str, Curve]) -> go.Figure:
    """Draw net P&L and return per episode against the steps trained."""
    figure = go.Figure()
    panels = (
        (NET_PNL, "y", "Net P&amp;L per episode", palette.AGENT, "$"),
        (RETURN, "y2", "Return per episode", palette.BUY, ""),
    )
    for metric, where, title, colour, unit in panels:
        if metric not in curves:
            continue
        curve = curves[metric]
        window = max(1, len(curve.value) // 20)
        hover = f"%{{y:{unit},.2f}} at %{{x:,.0f}} steps<extra></extra>"
        figure.add_scatter(
            x=curve.steps, y=curve.value, yaxis=where, mode="lines", opacity=0.30,
            line={"color": colour, "width": 1}, showlegend=False, hoverinfo="skip",
        )  # fmt: skip
        figure.add_scatter(
            x=curve.steps, y=moving_mean(curve.value, window), yaxis=where, mode="lines",
            line={"color": colour, "width": 2.4}, showlegend=False, hovertemplate=hover,
            name=title,
        )  # fmt: skip
    zero = {"zeroline": True, "zerolinecolor": palette.ZERO}
    figure.update_layout(
        layout(
            440,
            margin={"l": 64, "r": 16, "t": 12, "b": 48},
            hovermode="x",
            xaxis=axis(anchor="y2", title="Environment steps trained", tickformat="~s"),
            yaxis=axis(domain=[0.54, 1.0], title=panels[0][2], tickformat=DOLLARS, **zero),
            yaxis2=axis(domain=[0.0, 0.46], title=panels[1][2], **zero),
        )
    )
    return figure
