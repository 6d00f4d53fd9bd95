"""A second set: other people's hands in another scanner, to see whether the method generalises.

The method and ``calcidect.phantom`` share one person's bones and one simulator. Here bones are changed in ways that no
stretch along an axis can undo, and nothing that makes tissue, texture, blur, noise or headers is shared: no module of
this package imports ``calcidect.phantom``. What is still shared is the source of the bone meshes (myo-sim).

    meshes   the 29 surfaces of myo-sim, at rest
    shape    other bones: bent, twisted, widened, longer, with other condyles, tufts and carpals
    pose     other joints and angles; bones pushed apart or together until every joint has its gap
    solid    from surface to voxels by Poisson's equation; osteophytes; bones that give way to each other
    marrow   cortex, rods and plates, marrow
    flesh    skin as a level set of distance to bone and bulk; muscles, tendons, nails, vessels
    sesamoids
    deposits clumps and sheets of hydroxyapatite; lost tufts
    physics  attenuation of each tissue at effective energies
    scanner  slice profile, transfer function, noise
    headers  DICOM
    truth    what is really there, in the format that ``calcidect validate`` reads
    make     one case from kind and seed
    score    figures of a case and of many
"""
