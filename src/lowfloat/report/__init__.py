"""An exam as one HTML file that opens without a network: money first, intervals included."""

from lowfloat.report.report import write_report

__all__ = ["write_report"]
