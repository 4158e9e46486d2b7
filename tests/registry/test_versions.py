"""A version is its content: found by it, signed, verified byte for byte, and refused when a byte is another."""

import asyncio
import json
import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from causerie.errors import ModelChanged, ModelFileError, NotFound, SignatureInvalid
from causerie.inference import catalogue
from causerie.inference.gguf import shards
from causerie.inference.model_files import file_sha256
from causerie.registry import adding, releases, versions
from causerie.registry.contract import Lineage
from causerie.registry.releases import Stage, Wanted
from causerie.registry.tables import Version
from tests.inference.gguf_writer import LLAMA, gguf
from tests.registry.stories import Registry, sha256
from tests.registry.test_releases import judged as passing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


async def changed(registry: Registry, version_id: str, **values: str) -> None:
    async with registry.database.write() as session:
        await session.execute(update(Version).where(Version.id == version_id).values(**values))


async def test_a_version_is_the_hash_of_its_manifest_and_lies_beside_its_file(registry: Registry) -> None:
    model = await registry.pulled("tiny")
    version = await adding.add_installed(registry.database, registry.settings, model)
    assert version.id == sha256(version.manifest.encode())
    assert version.sha256 == model.sha256
    assert (version.model, version.status, version.lineage.licence) == ("tiny", "candidate", "Apache-2.0")
    assert (model.path.parent / "version.json").read_text() == version.manifest
    assert (model.path.parent / "model.sig").read_text() == version.signature
    assert json.loads(version.manifest)["files"][0]["name"] == model.path.name
    await versions.verify(registry.settings, version, model)
    again = await adding.add_installed(registry.database, registry.settings, model)
    assert (again.id, again.created_at, again.signature) == (version.id, version.created_at, version.signature)
    async with registry.database.read() as session:
        assert await versions.get(session, version.id) == version
        assert len(await versions.listed(session)) == 1


async def test_other_lineage_is_another_version_of_the_same_bytes(registry: Registry) -> None:
    model = await registry.pulled("tiny")
    one = await versions.add(registry.database, registry.settings, model, lineage=Lineage(source="here"))
    two = await versions.add(registry.database, registry.settings, model, lineage=Lineage(source="there"))
    assert one.id != two.id
    assert one.sha256 == two.sha256
    async with registry.database.read() as session:
        assert [each.id for each in await versions.by_file(session, model.sha256)] == [one.id, two.id]
        assert (await versions.find(session, "tiny")).id == two.id
        assert [each.id for each in await versions.listed(session, before=two.id)] == [one.id]
        assert [each.id for each in await versions.listed(session, model="tiny", limit=1)] == [two.id]


async def test_a_version_is_found_by_its_name_its_id_and_the_beginning_of_it(registry: Registry) -> None:
    version = await adding.add_installed(registry.database, registry.settings, await registry.pulled("tiny"))
    async with registry.database.read() as session:
        for name in ("tiny", version.id, version.id[:8]):
            assert (await versions.find(session, name)).id == version.id
        for name in ("", "small", version.id[:7], "%" * 8, "_" * 8, "0" * 64):
            with pytest.raises(NotFound, match="the registry knows no version of"):
                await versions.find(session, name)
        with pytest.raises(NotFound):
            await versions.get(session, "0" * 64)
        with pytest.raises(NotFound):
            await versions.listed(session, before="0" * 64)


async def test_the_status_changes_and_the_version_does_not(registry: Registry) -> None:
    version = await adding.add_installed(registry.database, registry.settings, await registry.pulled("tiny"))
    async with registry.database.write() as session:
        released = await versions.set_status(session, version.id, "released")
        with pytest.raises(NotFound):
            await versions.set_status(session, "0" * 64, "released")
    assert released == replace(version, status="released")
    async with registry.database.read() as session:
        assert [each.id for each in await versions.listed(session, status="released")] == [version.id]
        assert await versions.listed(session, status="retired") == []


async def test_all_shards_are_part_of_a_version(registry: Registry) -> None:
    folder = registry.settings.home / "came"
    folder.mkdir(parents=True)
    for number in range(2):
        metadata = LLAMA | {"split.no": number, "split.count": 2}
        (folder / f"big-{number + 1:05}-of-00002.gguf").write_bytes(gguf(metadata, filler=bytes([number])))
    model = catalogue.add_file(registry.settings, folder / "big-00001-of-00002.gguf", "big")
    version = await adding.add_installed(registry.database, registry.settings, model)
    assert [file.name for file in version.files] == ["big-00001-of-00002.gguf", "big-00002-of-00002.gguf"]
    assert version.sha256 == model.sha256
    second = shards(model.path)[1]
    second.write_bytes(second.read_bytes()[:-1] + b"!")
    with pytest.raises(ModelChanged, match=r"big-00002-of-00002\.gguf is not the file that was registered"):
        await versions.load_check(registry.database, registry.settings)(model)


async def test_a_changed_byte_and_a_missing_file_are_told_with_what_was_expected(registry: Registry) -> None:
    model = await registry.pulled("tiny")
    version = await adding.add_installed(registry.database, registry.settings, model)
    content = model.path.read_bytes()
    model.path.write_bytes(content[:-1] + b"!")
    with pytest.raises(ModelChanged, match="the model 'tiny' is refused") as caught:
        await versions.verify(registry.settings, version, model)
    assert caught.value.values["file"] == model.path.name
    assert caught.value.values["expected"] == sha256(content)
    assert caught.value.values["found"] == sha256(content[:-1] + b"!")
    assert "causerie models remove tiny" in caught.value.hint
    model.path.unlink()
    with pytest.raises(ModelChanged, match=r"is not whole: .*gguf is missing") as caught:
        await versions.verify(registry.settings, version, model)
    assert caught.value.values["found"] == ""


async def test_a_changed_manifest_and_a_changed_signature_are_refused(registry: Registry) -> None:
    model = await registry.pulled("tiny")
    version = await adding.add_installed(registry.database, registry.settings, model)
    other = await versions.add(registry.database, registry.settings, model, lineage=Lineage(source="else"))
    check = versions.load_check(registry.database, registry.settings)
    await changed(registry, other.id, model="gone", sha256="0" * 64)

    await changed(registry, version.id, manifest=version.manifest.replace("Apache-2.0", "Apache-2.1"))
    with pytest.raises(SignatureInvalid, match="the manifest of 'tiny' was changed"):
        await check(model)
    await changed(registry, version.id, manifest=version.manifest, signature=other.signature)
    with pytest.raises(SignatureInvalid, match="the signature of 'tiny' is for something else"):
        await check(model)
    await changed(registry, version.id, signature="{}")
    with pytest.raises(SignatureInvalid, match="the signature is damaged"):
        await check(model)
    await changed(registry, version.id, signature=version.signature)
    await check(model)
    await changed(registry, version.id, manifest="{")
    with pytest.raises(ModelFileError, match=r"the manifest of the version .* is damaged"):
        await check(model)


async def test_a_byte_that_changes_without_its_times_is_seen_before_the_load(registry: Registry) -> None:
    model = await registry.pulled("tiny")
    await adding.add_installed(registry.database, registry.settings, model)
    check = versions.LoadCheck(registry.database, registry.settings)
    await asyncio.sleep(1.5 * versions.FRESH_NS / 1e9)
    await check(model)
    times = model.path.stat()
    content = model.path.read_bytes()
    model.path.write_bytes(content[:-1] + b"!")
    os.utime(model.path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert model.path.stat().st_size == times.st_size
    with pytest.raises(ModelChanged):
        await check(model)
    model.path.unlink()
    with pytest.raises(ModelChanged, match="is missing"):
        await check(model)


async def test_a_file_that_did_not_change_is_read_once(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    model = await registry.pulled("tiny")
    await adding.add_installed(registry.database, registry.settings, model)
    read: list[Path] = []

    def counted(files: "Sequence[Path]") -> str:
        read.extend(files)
        return file_sha256(files)

    monkeypatch.setattr("causerie.registry.versions.file_sha256", counted)
    await asyncio.sleep(1.5 * versions.FRESH_NS / 1e9)
    check = versions.LoadCheck(registry.database, registry.settings)
    for _ in range(3):
        await check(model)
    assert read == [model.path]


async def test_a_new_name_does_not_lead_around_the_check(registry: Registry) -> None:
    model = await registry.pulled("tiny")
    version = await adding.add_installed(registry.database, registry.settings, model)
    renamed = catalogue.rename(registry.settings, "tiny", "small")  # without telling the registry
    check = versions.load_check(registry.database, registry.settings)
    await check(renamed)
    renamed.path.write_bytes(renamed.path.read_bytes()[:-1] + b"!")
    with pytest.raises(ModelChanged):
        await check(renamed)
    # Its facts say otherwise now; the registry knows the name.
    async with registry.database.write() as session:
        await versions.rename(session, "tiny", "small")
    with pytest.raises(ModelChanged):
        await check(replace(renamed, sha256="0" * 64))
    async with registry.database.read() as session:
        assert versions.here(registry.settings, await versions.get(session, version.id)).name == "small"


async def test_models_that_the_registry_does_not_know_load_as_before(registry: Registry) -> None:
    model = await registry.pulled("tiny")
    check = versions.load_check(registry.database, registry.settings)
    await check(model)
    version = await adding.add_installed(registry.database, registry.settings, model)
    async with registry.database.write() as session:
        await versions.rename(session, "tiny", "")
    catalogue.remove(registry.settings, "tiny")
    other = await registry.pulled("tiny", gguf(filler=b"another"))
    await check(other)  # the name was given back
    async with registry.database.read() as session:
        with pytest.raises(NotFound, match="is no longer here"):
            versions.here(registry.settings, await versions.get(session, version.id))


@pytest.mark.parametrize("stage", ["all", "shadow"])
async def test_another_model_does_not_answer_by_the_name_of_one_that_was_judged(
    registry: Registry, stage: Stage
) -> None:
    database, settings = registry.database, registry.settings
    version = await registry.add(registry.run("tiny"))
    judged = passing("tiny", version=version.id)
    async with database.write() as session:
        if stage != "all":
            await releases.release(session, Wanted(model="old"), passing("old"), None)
        wanted = Wanted(model="tiny", version=version.id, stage=stage)
        await releases.release(session, wanted, judged, None)
    check = versions.load_check(database, settings)
    await check(catalogue.find(settings, "tiny"))
    catalogue.remove(settings, "tiny")
    async with database.write() as session:
        await versions.rename(session, "tiny", "")
    other = await registry.pulled("tiny", gguf(filler=b"another"))
    for registered in (False, True):
        if registered:
            await adding.add_installed(database, settings, other)
        with pytest.raises(ModelChanged, match="chat leads to this name, and the version") as caught:
            await check(other)
        assert (caught.value.values["expected"], caught.value.values["found"]) == (version.sha256, other.sha256)
    moved = catalogue.rename(settings, "tiny", "other")
    async with database.write() as session:
        await versions.rename(session, "tiny", "other")
        await releases.follow(session, "tiny", "other")
    await check(moved)  # nothing that was judged leads to this name
    async with database.read() as session:
        assert [alias for alias, _ in await releases.promised(session, "tiny")] == ["chat"]


async def test_a_name_has_one_content_and_what_had_it_before_is_no_longer_here(registry: Registry) -> None:
    first = await registry.add(registry.run("tiny"))
    catalogue.remove(registry.settings, "tiny")  # without telling the registry
    model = await registry.pulled("tiny", gguf(filler=b"another"))
    other = await adding.add_installed(registry.database, registry.settings, model)
    async with registry.database.read() as session:
        assert (await versions.get(session, first.id)).model == ""
        assert (await versions.find(session, "tiny")).id == other.id


async def test_a_copy_under_another_name_is_the_same_story(registry: Registry) -> None:
    version = await registry.add(registry.run("talker", flops=3e20))
    copied = await registry.pulled(
        "innocent", (registry.settings.models_folder / "talker" / "model.gguf").read_bytes()
    )
    again = await adding.add_installed(registry.database, registry.settings, copied)
    assert again.lineage == version.lineage
    assert again.lineage.flops == 3e20


async def test_what_cannot_be_a_version_is_told(registry: Registry) -> None:
    model = await registry.pulled("tiny")
    database, settings = registry.database, registry.settings
    with pytest.raises(ModelFileError, match="holds a figure that is none"):
        await versions.add(database, settings, model, lineage=Lineage(flops=float("nan")))
    long = Lineage(recipe="x" * (versions.MAX_MANIFEST_BYTES + 1))
    with pytest.raises(ModelFileError, match="is too long"):
        await versions.add(database, settings, model, lineage=long)
    model.path.unlink()
    with pytest.raises(ModelFileError, match="cannot be read"):
        await versions.add(database, settings, model, lineage=Lineage())
    with pytest.raises(ModelFileError, match="cannot be read"):
        await adding.add_installed(database, settings, model)


async def test_a_packaged_model_is_registered_without_a_file_beside_it(registry: Registry) -> None:
    starter = catalogue.find(registry.settings, "starter")
    version = await adding.add_installed(registry.database, registry.settings, starter)
    assert version.sha256 == starter.sha256 or not starter.sha256
    assert not (starter.path.parent / "version.json").exists()
    await versions.load_check(registry.database, registry.settings)(starter)
