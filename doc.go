// Package reeve is a map of the library; there is nothing to call in it.
//
// Reeve is for programs that manage an estate of machines, clouds, networks or services and keep
// their records true to the outside world while both of them fail. What is managed is a record with
// a state; a definition says which events may move it; one decision is one commit.
//
// The packages stand on floors. An import goes down a floor, never up and never sideways.
//
//	scan/           jobs that look into targets: permits, agents, scanners, results
//	provisioning/   resources that somebody else makes: requests, provisioners, vaults
//	refresh/        inventories: collections, references, plans
//	supervision/    kinds, turns, deciders, the supervisor
//	fsm/            definitions, machines, runners, diagrams
//	storage/        the contracts of a store; memory/, sqlite/ and postgres/ keep them
//
// Under scan are scanners (inspect, packages), agents that come from afar (remote), queues and blobs of others (aws, nats), agents that are in use with
// another system (legacy) and its tables (presets). storage/postgres, provisioning/agevault, scan/aws, scan/nats, scan/legacy, scan/packages and
// scan/remote are modules of their own: for what they require, and the last one so that who has no use for a server has none.
//
// Beside them are the kits with which a host checks its own part: fsm/fsmtest for definitions and
// entities, storage/storagetest for backends, supervision/supervisiontest for deciders,
// refresh/refreshtest for parsers, provisioning/provisioningtest for provisioners and vaults,
// scan/scantest for queues, blobs, scanners and launchers.
//
// In the repository docs/start.md begins with a first program, and docs/operating.md is about running it.
package reeve
