package edc

// A State is where a transfer process is.
type State string

// The states of the original, in the order of their codes.
const (
	Initial                 State = "INITIAL"
	Provisioning            State = "PROVISIONING"
	ProvisioningRequested   State = "PROVISIONING_REQUESTED"
	Provisioned             State = "PROVISIONED"
	Requesting              State = "REQUESTING"
	Requested               State = "REQUESTED"
	Starting                State = "STARTING"
	Started                 State = "STARTED"
	Suspending              State = "SUSPENDING"
	Suspended               State = "SUSPENDED"
	Resuming                State = "RESUMING"
	Resumed                 State = "RESUMED"
	Completing              State = "COMPLETING"
	Completed               State = "COMPLETED"
	Terminating             State = "TERMINATING"
	Terminated              State = "TERMINATED"
	Deprovisioning          State = "DEPROVISIONING"
	DeprovisioningRequested State = "DEPROVISIONING_REQUESTED"
	Deprovisioned           State = "DEPROVISIONED"
)

// DeprovisioningFailed is ours: the original calls a process deprovisioned whose resources could not be released.
const DeprovisioningFailed State = "DEPROVISIONING_FAILED"

// codes are the numbers by which connectors store and exchange states.
var codes = map[State]int{
	Initial:                 100,
	Provisioning:            200,
	ProvisioningRequested:   250,
	Provisioned:             300,
	Requesting:              400,
	Requested:               500,
	Starting:                550,
	Started:                 600,
	Suspending:              650,
	Suspended:               700,
	Resuming:                720,
	Resumed:                 725,
	Completing:              750,
	Completed:               800,
	Terminating:             825,
	Terminated:              850,
	Deprovisioning:          900,
	DeprovisioningRequested: 950,
	DeprovisioningFailed:    975,
	Deprovisioned:           1000,
}

// Code returns the number of a state, zero for what is none. That of [DeprovisioningFailed] no other connector knows.
func (s State) Code() int { return codes[s] }

// StateOf returns the state that has the code.
func StateOf(code int) (s State, ok bool) {
	for s, c := range codes {
		if c == code {
			return s, true
		}
	}
	return "", false
}
