package main

// scanRows are about package scan.
//
// The rows files are about a tree of 200,000 small files in 200 folders, one of them a dpkg status, and the categories files and software of
// package inspect, all of it in the cache of the system. A walk is fs.WalkDir over the same fs.FS, a [scan.Dir], that feeds as many goroutines as
// there are processors; each digests files with a buffer of its own, and nothing is kept. Scanned are the scanners alone, whose facts go nowhere.
// Discarded is an Inspector whose blobs keep nothing; all else it does, the fingerprints included that the next scan goes by, and so do the rows
// named, but for the fingerprints: there the content has a name. Stored has its results in a folder. Unchanged is the same again with the results
// of the first scan known: a target that names its content, and a plain folder, whose fingerprint is taken. All take turns; time is on the wall,
// and in the rows cpu that of all processors. Memory is how much larger the heap is at most than before, garbage included, while results are
// stored: it is looked at every millisecond.
//
// The rows jobs are about 10,000 jobs of two categories in PostgreSQL, on a server of their own with the settings that PostgreSQL has by default.
// Each needs permits of four limits, and 1,000 at most can have them at once. Time is from the first that is made until all are done, with a
// supervisor that claims up to 500 and performs up to 256 at once. Eight agents answer at once: each takes up to 100 requests, reports that it has
// begun, replies with two empty results, and acknowledges. They share the server and this machine with the jobs. Statements are everything that is
// sent to the server: by the manager and its supervisor with jobs, permits, effects and targets; by the agents when they report; and by the queues,
// which are in the same database. Overruns are how many commits of the pool left more given out than there is.
func scanRows() []row {
	const byWalk, byDirFS = "a walk with the same digests", "the same walk over os.DirFS"
	ns, mb := meter{unit: "ns", parts: 1}, meter{unit: "MB", parts: 10}
	files, jobs := &contest{hold: holdFiles}, &contest{hold: holdJobs}
	look := func(name, peer string, m meter, g goal, ours, theirs string) row {
		return row{name: "scan/" + name, peer: peer, meter: m, goal: g, prepare: files.of(ours, theirs)}
	}
	done := func(name, unit string, g goal, ours string) row {
		return row{name: "scan/" + name, meter: meter{unit: unit, parts: 100}, goal: g, prepare: jobs.of(ours, "")}
	}
	return []row{
		look("files-scanned", byWalk, ns, goal{}, "scanned", "walk"),
		look("files-scanned-cpu", byWalk, ns, goal{}, "scanned cpu", "walk cpu"),
		look("files-discarded", byWalk, ns, ratioAtMost(1.3), "discarded", "walk"),
		look("files-discarded-cpu", byWalk, ns, goal{}, "discarded cpu", "walk cpu"),
		look("files-discarded-beside-dirfs", byDirFS, ns, goal{}, "discarded", "dirfs"),
		look("files-discarded-named", byWalk, ns, goal{}, "discarded named", "walk"),
		look("files-stored", byWalk, ns, ratioAtMost(1.6), "stored", "walk"),
		look("files-stored-cpu", byWalk, ns, goal{}, "stored cpu", "walk cpu"),
		look("files-stored-named", byWalk, ns, goal{}, "stored named", "walk"),
		look("files-memory", "", mb, atMost(100), "memory", ""),
		look("unchanged-named", "the first scan", ns, ratioAtMost(0.01), "unchanged named", "stored named"),
		look("unchanged-folder", "the first scan", ns, ratioAtMost(0.25), "unchanged folder", "stored"),
		done("jobs", "jobs/s", goal{}, "jobs"),
		done("jobs-statements", "statements a job", atMost(2), "manager"),
		done("jobs-statements-agents", "statements a job", goal{}, "agents"),
		done("jobs-statements-queues", "statements a job", goal{}, "queues"),
		done("jobs-overruns", "commits", atMost(0), "overruns"),
	}
}
