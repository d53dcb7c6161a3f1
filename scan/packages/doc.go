// Package packages has scanners of the software that package managers other than dpkg have installed: rpm, npm and pip. They only read, start no program, and
// trust nothing: what is broken is noted on the tree, and the rest is told.
//
//	inspector, err := scan.NewInspector(blobs, append(inspect.All(), packages.All(nil)...), nil)
//
// Each scanner has one category of its own, [CategoryRPM], [CategoryNPM] or [CategoryPython], so that one can be partial, or known from before, while the
// others are not. All their values are a [Package], which has the fields of an [inspect.Package] and some more. Package cyclonedx makes a document of
// them, beside what inspect tells.
//
// Databases of rpm are read from a bounded copy in a temporary folder, reeve-rpm-*, which is left only by a program that is killed. Those of SQLite are
// read through the driver modernc.org/sqlite, which registers itself as "sqlite", after a look at the size of their schema; the older forms, ndb and
// BerkeleyDB, and the headers in all of them, by readers of this package. Of a database no more is read than a few times its size, whatever it says, and
// no more kept in memory than a header of 64 MiB and the names of the packages.
package packages
