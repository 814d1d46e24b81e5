"""The fingerprint of what was read: the same bytes of a column of texts, however pandas keeps them."""

import hashlib

import numpy as np
import pandas as pd
import pytest

from xlseg.fingerprint import digest
from xlseg.settings import Settings
from xlseg.tables import CUSTOMERS, Ledger, empty


def expected(tables: list[pd.DataFrame]) -> str:
    found = hashlib.sha256(repr(Settings()).encode())
    for table in tables:
        for name in table:
            column = table[name]
            texts = column.dtype == "str"
            found.update("\x1f".join(list(column)).encode("utf-8", "surrogatepass") if texts else np.asarray(column).tobytes())
    return found.hexdigest()


@pytest.mark.parametrize("names", [[], ["A"], ["", ""], ["Ä €", "😀", "a,b"], ["C1"] * 50])
@pytest.mark.parametrize("storage", ["pyarrow", "python"])
def test_a_digest_is_of_the_texts_joined_and_the_numbers_as_they_are_kept(names: list[str], storage: str) -> None:
    kind = pd.StringDtype(storage, na_value=np.nan)
    column = pd.Series(["cut off", *names], dtype=kind)[1:].reset_index(drop=True)
    customers = empty(CUSTOMERS).reindex(range(len(names))).assign(customer=column)[["customer", "credit_limit"]]
    ledger = Ledger(customers=customers)
    assert digest(ledger, Settings()) == expected([customers, ledger.invoices, ledger.payments, ledger.orders, ledger.reminders])


def test_a_text_that_no_utf_8_holds_counts_too() -> None:
    kind = pd.StringDtype("python", na_value=np.nan)
    ledgers = [Ledger(customers=pd.DataFrame({"customer": pd.Series([text], dtype=kind)})) for text in ("a\ud800", "a\ud801", "a")]
    assert len({digest(ledger, Settings()) for ledger in ledgers}) == 3
