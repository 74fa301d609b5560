"""Vendor files in, symbol-days out."""

from lowfloat.ingest.databento import ingest_databento
from lowfloat.ingest.report import IngestedDay, IngestResult

__all__ = ["IngestResult", "IngestedDay", "ingest_databento"]
