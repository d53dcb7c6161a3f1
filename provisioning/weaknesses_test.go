package provisioning

// What the original, Eclipse EDC, gets wrong, by the numbers of the study that the design began with, and what shows that it is
// not so here. Simulate is package internal/requesttest, which runs on every store.
//
//	W1   nobody waits for a callback with a deadline      TestDeadline, TestDeadlineWithoutPerformers
//	W2   in process beside retry: never asked again       TestDecisionTable/in_process+retry
//	W3   retry without pause and end                      TestDecisionTable, TestAttempts, TestRenewPauses
//	W4   a fatal answer loses the others                  TestDecisionTableUnwinds/ok+fatal
//	W5   a throw loses all answers                        TestDecisionTable/ok+throws
//	W6   no idempotency key                               TestEnsureAgain, TestOneResourceByCallback, Simulate
//	W7   no failure, no progress, no operation            TestCallbackDuringTheCall, TestProgressWhileWaiting, TestHandlerReads
//	W8   doubled, unknown and late callbacks are applied  TestCallbacksAboutWhatIsOver, TestLateSuccess, TestMadeAfterTheDeadline
//	W9   a callback meets a leased entity and is lost     TestCallbackDuringTheCall: it is kept as a message
//	W10  release in process, or failed, is called done    TestReleaseThatFailsIsNoEnd, TestDependencies
//	W11  terminated while it is made: it leaks            TestTerminateDuringEachCall, TestTerminateWhileEnsuring, Simulate
//	W12  the user's reason is overwritten                 TestTerminateWhileEnsuring, TestOwnerIsTold
//	W13  what handlers throw vanishes                     TestDecisionTable/throws+throws, TestOutcomesForAnUnknownType
//	W14  leases that are none                             package storagetest
//	W15  half a change is saved by a refused command      TestOrdersThatAreRefused
//	W16  events are lost between save and notify          TestOwnerIsTold: they are in the commit
//	W17  delays overflow                                  TestDoubling (backoff_test.go)
//	W18  states that cannot be terminated                 TestTerminateDuringEachCall, Simulate; package fsm refuses traps
//	W19  secrets unscoped, never renewed, left behind     TestSecretsAreRenewed, TestSweep, TestDecisionTableUnwinds
//	W20  the store in memory behaves differently          Simulate on memory, SQLite and PostgreSQL
//	W21  an error is passed over                          TestSpecsThatAreRefused, TestNamesThatAreRefused
