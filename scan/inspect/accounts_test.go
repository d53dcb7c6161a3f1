package inspect_test

import (
	"strings"
	"testing"

	"github.com/reeve-go/reeve/scan/inspect"
)

func TestAccounts(t *testing.T) {
	t.Parallel()
	hash := "$y$j9T$0123456789$abcdefghijklmnop"
	f := look(t, inspect.Accounts(), tree(map[string]string{
		"etc/passwd": "root:x:0:0:root:/root:/bin/bash\n" +
			"# a comment\n\n" +
			"daemon:*:1:1:daemon:/usr/sbin:/usr/sbin/nologin\r\n" +
			"ann:x:1000:1000:Ann Example,,,:/home/ann:/bin/zsh\n" +
			"bob:x:1001:100::/home/bob:\n" +
			"guest::1002:100::/:/bin/sh\n" +
			"old:" + hash + ":1003:77::/:/bin/sh\n" +
			"loner:x:1004:100::/:/bin/sh",
		"etc/group": "root:x:0:\nadm:x:4:ann, bob\nusers:x:100:ann\nann:x:1000:\n",
		"etc/shadow": "root:!:19700::::::\ndaemon:" + hash + ":19700::::::\n" + // of daemon, nobody asks the shadow
			"ann:" + hash + ":19723:0:99999:7::20000:\n" +
			"bob:!" + hash + ":0:0:99999:7:::\n",
	}), "")
	same(t, "problems", f.problems, []string(nil))
	same(t, "root", as[inspect.User](t, f, "user/root"), inspect.User{
		Name: "root", Group: "root", Comment: "root", Home: "/root", Shell: "/bin/bash", Password: inspect.PasswordDisabled, Changed: "2023-12-09",
	})
	same(t, "ann", as[inspect.User](t, f, "user/ann"), inspect.User{
		Name: "ann", UID: 1000, GID: 1000, Group: "ann", Groups: []string{"adm", "users"}, Comment: "Ann Example,,,", Home: "/home/ann",
		Shell: "/bin/zsh", Password: inspect.PasswordSet, Changed: "2024-01-01", Expires: "2024-10-04",
	})
	same(t, "bob", as[inspect.User](t, f, "user/bob"), inspect.User{
		Name: "bob", UID: 1001, GID: 100, Group: "users", Groups: []string{"adm"}, Home: "/home/bob", Password: inspect.PasswordLocked,
		Changed: "1970-01-01", MustChange: true,
	})
	for name, want := range map[string]inspect.Password{
		"daemon": inspect.PasswordDisabled, "guest": inspect.PasswordNone, "old": inspect.PasswordSet, "loner": inspect.PasswordUnknown,
	} {
		same(t, name, as[inspect.User](t, f, "user/"+name).Password, want)
	}
	same(t, "users", as[inspect.Group](t, f, "group/users"), inspect.Group{Name: "users", GID: 100, Members: []string{"ann", "bob", "guest", "loner"}})
	same(t, "adm", as[inspect.Group](t, f, "group/adm"), inspect.Group{Name: "adm", GID: 4, Members: []string{"ann", "bob"}})
}

func TestPasswords(t *testing.T) {
	t.Parallel()
	for field, want := range map[string]inspect.Password{
		"": inspect.PasswordNone, "*": inspect.PasswordDisabled, "!": inspect.PasswordDisabled, "!!": inspect.PasswordDisabled,
		"!*": inspect.PasswordDisabled, "*LK*": inspect.PasswordDisabled, "NP": inspect.PasswordDisabled, "$6$a$b": inspect.PasswordSet,
		"!$6$a$b": inspect.PasswordLocked, "!!$6$a$b": inspect.PasswordLocked, "abJnggxhB/yWI": inspect.PasswordSet,
		"!abJnggxhB/yWI": inspect.PasswordLocked, "_J9..rasmBYk8r9AiWNc": inspect.PasswordSet,
	} {
		f := look(t, inspect.Accounts(), tree(map[string]string{"etc/passwd": "u:x:1:1:::\n", "etc/shadow": "u:" + field + ":::::::\n"}), "") //nolint:gosec // made-up accounts
		same(t, field, as[inspect.User](t, f, "user/u").Password, want)
	}
}

func TestBrokenAccountsAreNoted(t *testing.T) {
	t.Parallel()
	f := look(t, inspect.Accounts(), tree(map[string]string{
		"etc/passwd": "+nis::::::\nroot:x:0:0::/:/bin/sh\nroot:x:0:0:again:/:/bin/sh\nshort:x:1\nbig:x:4294967296:1:::\n" +
			"neg:x:-1:1:::\n:x:1:1:::\nnul\x00:x:1:1:::\ncaf\xe9:x:7:7:::\n" + strings.Repeat("x", 2<<20) + "\nlast:x:9:9:::",
		"etc/group":  "root:x:none:\n-@netgroup\nroot:x:0:root\nroot:x:5:\nlong:x:6:a:b\n",
		"etc/shadow": "root:$secret:soon::::::\nroot:$secret2:::::::\nlast:$secret3\n",
	}), "")
	same(t, "keys", f.keys(), []string{"group/root", "group/root#2", `user/caf\xe9`, "user/last", "user/root", "user/root#2"})
	same(t, "problems", f.problems, []string{
		"etc/passwd: line 1 asks the network (NIS) for accounts, which are not in these files",
		"etc/passwd: line 3 is of a user that was there before",
		"etc/passwd: line 4 has 3 fields in place of 7",
		"etc/passwd: line 5 has no number from 0 to 4294967295 where the id should be",
		"etc/passwd: line 6 has no number from 0 to 4294967295 where the id should be",
		"etc/passwd: line 7 has no name, or one of more than 255 bytes",
		"etc/passwd: line 8 has NUL bytes",
		"etc/passwd: line 10 is longer than 1048576 bytes",
		"etc/group: line 1 has no number from 0 to 4294967295 where the id should be",
		"etc/group: line 2 asks the network (NIS) for accounts, which are not in these files",
		"etc/group: line 4 is of a group that was there before",
		"etc/group: line 5 has 5 fields in place of 4",
		"etc/shadow: line 1 has no number of days where a date should be",
		"etc/shadow: line 2 is of a user that was there before",
		"etc/shadow: line 3 has 2 fields in place of 9",
	})
}

func TestNoPartOfAPasswordIsTold(t *testing.T) {
	t.Parallel()
	f := look(t, inspect.Accounts(), tree(map[string]string{ //nolint:gosec // made-up accounts
		"etc/passwd": "a:x:1:1:::\nb:$1$SECRET:2:2:::\nc:SECRETSECRET1:3:3:::\n",
		"etc/group":  "g:SECRET:1:\n",
		"etc/shadow": "a:$6$SECRET:1::::::\n$SECRET\nb:!$SECRET:SECRET:::::SECRET:\n",
	}), "")
	same(t, "keys", len(f.items), 4)
	all := strings.Join(f.problems, "\n")
	for _, v := range f.items {
		all += v
	}
	if strings.Contains(all, "SECRET") {
		t.Error(all)
	}
}
