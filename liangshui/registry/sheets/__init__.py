"""Ledgers as bureaus keep them (台账): bytes in, rows with their problems out, and back. No Django, no I/O.

The sentences that people read are composed elsewhere, from the codes and params of `problems`.
"""
