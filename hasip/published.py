"""Whose a slot on the board is, in the world that was published last. (Part of the composition root.)"""
from hasip.domain.trunk import Core, Provisioning, Trunk


class Published:
    """Trunks and cores by their slots. A node may have 100 000, so the way back from slots is made when somebody asks."""

    def __init__(self, provisioning: Provisioning, slots: dict[str, int], core_slots: dict[str, int]) -> None:
        self.provisioning = provisioning
        self.slots = slots
        self._core_slots = core_slots
        self._owners: dict[int, Trunk | Core] | None = None

    def owner_at(self, slot: int) -> Trunk | Core | None:
        """Return who has a slot."""
        if self._owners is None:
            self._owners = {self.slots[trunk.name]: trunk for trunk in self.provisioning.trunks if trunk.name in self.slots}
            self._owners |= {self._core_slots[core.name]: core for core in self.provisioning.cores if core.name in self._core_slots}
        return self._owners.get(slot)

    def trunk_at(self, slot: int) -> Trunk | None:
        """Return the trunk that has a slot."""
        owner = self.owner_at(slot)
        return owner if isinstance(owner, Trunk) else None


NOTHING = Published(Provisioning(), {}, {})
