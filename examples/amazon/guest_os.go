package main

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// systems are the operating systems that images say they have, by words in what they are called. The first one counts.
var systems = []struct{ word, name string }{
	{"windows", "Windows"},
	{"red hat", "Red Hat Enterprise Linux"},
	{"rhel", "Red Hat Enterprise Linux"},
	{"redhat", "Red Hat Enterprise Linux"},
	{"centos", "CentOS"},
	{"fedora", "Fedora"},
	{"suse", "SUSE Linux"},
	{"ubuntu", "Ubuntu"},
	{"debian", "Debian"},
	{"amzn", "Amazon Linux"},
}

// guestOS returns which operating system an image has, as far as it says so.
func guestOS(i *types.Image) string {
	said := strings.ToLower(strings.Join([]string{string(i.Platform), text(i.PlatformDetails), text(i.ImageLocation), text(i.Name)}, " "))
	for _, s := range systems {
		if strings.Contains(said, s.word) {
			return s.name
		}
	}
	return "Linux"
}
