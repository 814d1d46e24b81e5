"""Who is told: what Config may hold, and what it must not."""

from __future__ import annotations

import pytest

from xlseg.addresses import AddressError, Addresses, read_addresses
from xlseg.errors import SettingError
from xlseg.settings import read_settings


def test_mail_addresses_and_channels_stand_between_commas_semicolons_or_on_lines_of_their_own() -> None:
    found = read_addresses("anna@firm.example; credit-team\nb.o'neil+ar@sub.firm.example, anna@firm.example ,")
    assert found == Addresses(("anna@firm.example", "b.o'neil+ar@sub.firm.example"), ("credit-team",))


def test_nobody_is_nobody() -> None:
    assert not read_addresses(" \n, ;")


SECRETS = [
    "https://hooks.example/services/T0/B0/hunter2",
    "mailtos://anna:hunter2@firm.example",
    "anna:hunter2@firm.example",
    "hunter2 hunter3",
    "anna@firm.example\r\nBcc: hunter2@evil.example",
    "anna@firm.example\x00hunter2",
    "<anna@hunter2.example>",
    "anna@hunter2@firm.example",
    "hunter2!",
]


@pytest.mark.parametrize("text", SECRETS)
def test_a_web_address_or_password_on_config_is_refused_with_its_cell_and_not_repeated(text: str) -> None:
    with pytest.raises(SettingError, match=r"^Config!B2: Digest to holds (what looks like a web|neither a mail)") as refused:
        read_settings([["Key", "Value"], ["Digest to", text]])
    assert "hunter" not in str(refused.value)
    assert str(refused.value).count("\n") == 0


def test_the_entry_is_named_by_its_number() -> None:
    with pytest.raises(AddressError, match=r"entry 2, not repeated here"):
        read_addresses("anna@firm.example, https://hooks.example/x")


def test_a_cell_with_a_thousand_addresses_is_refused() -> None:
    with pytest.raises(AddressError, match="more than 50 entries"):
        read_addresses(", ".join(f"a{n}@firm.example" for n in range(1000)))
