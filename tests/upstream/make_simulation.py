"""Write a small OpenMM simulation in NanoVer's format. Run with the real server's Python."""

from __future__ import annotations

import sys
from pathlib import Path

import openmm
from nanover.openmm.serializer import serialize_simulation
from openmm import app, unit

ATOMS = 12


def chain() -> app.Simulation:
    topology = app.Topology()
    residue = topology.addResidue("HEL", topology.addChain())
    carbon = app.Element.getBySymbol("C")
    atoms = [topology.addAtom(f"C{n}", carbon, residue) for n in range(ATOMS)]
    system, bonds = openmm.System(), openmm.HarmonicBondForce()
    for _ in atoms:
        system.addParticle(12.0)
    for n in range(ATOMS - 1):
        topology.addBond(atoms[n], atoms[n + 1])
        bonds.addBond(n, n + 1, 0.15, 50_000.0)
    system.addForce(bonds)
    integrator = openmm.LangevinIntegrator(300 * unit.kelvin, 1 / unit.picosecond, 0.001)
    simulation = app.Simulation(topology, system, integrator)
    simulation.context.setPositions([openmm.Vec3(0.15 * n, 0, 0) for n in range(ATOMS)])
    return simulation


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(serialize_simulation(chain(), save_state=True), encoding="utf-8")
