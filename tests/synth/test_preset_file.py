"""A preset on disk: it comes back to the bit, and what cannot be meant is refused."""

import json
import math

import pytest

from lowfloat.errors import ConfigError
from lowfloat.synth.preset import Preset
from lowfloat.synth.preset_file import load_preset, read_about, save_preset

CHANGED = Preset()._replace(
    rules=Preset().rules._replace(flow=Preset().rules.flow._replace(dark=0.1 + 0.2)),
    variety=Preset().variety._replace(lots=math.nextafter(0.5, 1.0)),
)


@pytest.fixture
def loaded(tmp_path):
    """Return a function that loads a preset section, or a whole document."""

    def load(preset=None, **document):
        whole = {"schema_version": 1, "preset": {} if preset is None else preset} | document
        path = tmp_path / "preset.json"
        path.write_text(json.dumps(whole))
        return load_preset(path)

    return load


@pytest.fixture
def refused(loaded, tmp_path):
    """Return a function that gives back the message with which a section is refused."""

    def refuse(preset=None, **document):
        with pytest.raises(ConfigError) as caught:
            loaded(preset, **document)
        return str(caught.value).replace(str(tmp_path / "preset.json"), "FILE")

    return refuse


@pytest.mark.parametrize("preset", [Preset(), CHANGED])
def test_a_preset_comes_back_to_the_bit(preset, tmp_path):
    save_preset(preset, tmp_path / "preset.json", {})
    assert load_preset(tmp_path / "preset.json") == preset


def test_what_it_was_made_of_comes_back(tmp_path):
    about = {"days": ["ABCD/2025-03-04"], "facts": {"spread_regular": 71.5, "ofi_r2": None}}
    save_preset(Preset(), tmp_path / "preset.json", about)
    assert read_about(tmp_path / "preset.json") == about


def test_the_same_preset_gives_the_same_bytes(tmp_path):
    for name in ("first.json", "second.json"):
        save_preset(CHANGED, tmp_path / name, {"days": []})
    assert (tmp_path / "first.json").read_bytes() == (tmp_path / "second.json").read_bytes()


def test_a_file_names_every_number_on_a_line_of_its_own(tmp_path):
    save_preset(CHANGED, tmp_path / "preset.json", {})
    assert '        "dark": 0.30000000000000004,\n' in (tmp_path / "preset.json").read_text()


def test_saving_replaces_a_file_and_leaves_nothing_else(tmp_path):
    save_preset(Preset(), tmp_path / "preset.json", {})
    save_preset(CHANGED, tmp_path / "preset.json", {})
    assert load_preset(tmp_path / "preset.json") == CHANGED
    assert [path.name for path in tmp_path.iterdir()] == ["preset.json"]


def test_a_file_of_one_number_changes_one_number(loaded):
    changed = loaded({"phases": {"flush": {"half_spread": 60}}})
    flush = Preset().phases.flush._replace(half_spread=60.0)
    assert changed == Preset()._replace(phases=Preset().phases._replace(flush=flush))


@pytest.mark.parametrize(
    ("preset", "message"),
    [
        (
            {"rules": {"flow": {"drak": 0.1}}},
            "`preset.rules.flow.drak` is not a key of a preset file. Did you mean `dark`?  (FILE)",
        ),
        (
            {"zzz": 1},
            "`preset.zzz` is not a key of a preset file. Use one of `rules`, `phases`, `hours`,"
            " `variety`, `stories`.  (FILE)",
        ),
        (
            {"rules": {"flow": {"dark": 1.5}}},
            "`preset.rules.flow.dark` was 1.5; use a number from 0 to 1.  (FILE)",
        ),
        (
            {"rules": {"book": {"base_size": 0}}},
            "`preset.rules.book.base_size` was 0; use a number above 0.  (FILE)",
        ),
        (
            {"rules": {"flow": {"noise": -1}}},
            "`preset.rules.flow.noise` was -1; use a number of 0 or more.  (FILE)",
        ),
        (
            {"rules": {"flow": {"dark": "0.3"}}},
            '`preset.rules.flow.dark` was "0.3"; use a number from 0 to 1.  (FILE)',
        ),
        (
            {"rules": {"flow": {"dark": True}}},
            "`preset.rules.flow.dark` was true; use a number from 0 to 1.  (FILE)",
        ),
        (
            {"rules": {"flow": {"dark": None}}},
            "`preset.rules.flow.dark` was null; use a number from 0 to 1.  (FILE)",
        ),
        (
            {"phases": {"dead": [0.006, 40]}},
            "`preset.phases.dead` was [0.006, 40]; use an object with any of `rate`,"
            " `half_spread`, `depth`, `tilt`, `absorb`, `pull_bid`, `pull_ask`, `iceberg_bid`,"
            " `iceberg_ask`.  (FILE)",
        ),
        (
            {"rules": {"flow": {"kernel_5s": 0.9}}},
            "`preset.rules.flow.kernel_5ms` to `kernel_50s` added up to 1.5; use shares of 1 at"
            " most together.  (FILE)",
        ),
        (
            {"rules": {"book": {"base_size": math.inf}}},
            "`preset.rules.book.base_size` was Infinity; use a number above 0.  (FILE)",
        ),
        (
            {"rules": {"book": {"base_size": 10**400}}},
            f"`preset.rules.book.base_size` was 1{'0' * 59}...; use a number above 0.  (FILE)",
        ),
    ],
)
def test_a_preset_that_cannot_be_meant_is_refused(refused, preset, message):
    assert refused(preset) == message


@pytest.mark.parametrize("version", [0, 2, "1", True, None, 1.0])
def test_another_schema_version_is_refused(refused, version):
    message = f"`schema_version` was {json.dumps(version)}; use 1.  (FILE)"
    assert refused(schema_version=version) == message


def test_an_unknown_key_beside_the_preset_is_refused(refused):
    message = "`abuot` is not a key of a preset file. Did you mean `about`?  (FILE)"
    assert refused(abuot={}) == message


def test_a_file_without_a_preset_is_refused(tmp_path):
    path = tmp_path / "preset.json"
    path.write_text('{"schema_version": 1}')
    with pytest.raises(ConfigError, match="`preset` is missing; use an object"):
        load_preset(path)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.999])
def test_a_file_that_was_cut_is_refused(tmp_path, share):
    path = tmp_path / "preset.json"
    save_preset(Preset(), path, {})
    whole = path.read_bytes().rstrip()
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(ConfigError, match=r"preset\.json is not a whole JSON file: "):
        load_preset(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xff\xfe{}", "is not a whole JSON file"),
        (b'{"preset": {}, "preset": {}}', "the key `preset` comes twice in one object"),
        (b"[1, 2]", r"holds \[1, 2\]; use an object of `schema_version`, `about`, `preset`"),
        (b"[" * 100_000, "is not a whole JSON file"),
        (b'{"schema_version": 1, "about": 3, "preset": {}}', "`about` was 3; use an object"),
    ],
)
def test_a_file_that_is_no_preset_file_is_refused(tmp_path, content, message):
    path = tmp_path / "preset.json"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=message):
        load_preset(path)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"none\.json does not exist; use a preset file"):
        load_preset(tmp_path / "none.json")


@pytest.mark.parametrize("number", [math.nan, -0.1])
def test_a_preset_with_a_number_out_of_bounds_is_not_saved(tmp_path, number):
    flow = Preset().rules.flow._replace(dark=number)
    wrong = Preset()._replace(rules=Preset().rules._replace(flow=flow))
    with pytest.raises(ConfigError, match=r"`preset\.rules\.flow\.dark` was"):
        save_preset(wrong, tmp_path / "preset.json", {})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("about", [{"when": math.nan}, {"what": object()}])
def test_what_is_no_plain_data_is_not_saved(tmp_path, about):
    with pytest.raises(ConfigError, match="`about` could not be written as JSON"):
        save_preset(Preset(), tmp_path / "preset.json", about)
    assert list(tmp_path.iterdir()) == []
