"""Vendor files in, symbol-days out."""

from lowfloat.ingest.databento import ingest_databento
from lowfloat.ingest.report import IngestedDay, IngestResult
from lowfloat.ingest.vendors import VENDORS, ingest_vendor

__all__ = ["VENDORS", "IngestResult", "IngestedDay", "ingest_databento", "ingest_vendor"]
