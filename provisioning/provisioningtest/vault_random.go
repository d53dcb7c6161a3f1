package provisioningtest

import (
	"maps"
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/provisioning"
)

// vaultRandom compares what a vault does with what a map does.
func vaultRandom(s *vaultScene) {
	rapid.Check(s.test, func(t *rapid.T) {
		vault := s.scene(s.test)
		vault.TB = t
		model := map[secretKey]secrets{}
		keys, contents := drawnSecretKey(), drawnSecrets()
		actions := map[string]func(*rapid.T){
			"put": func(t *rapid.T) {
				key, what := keys.Draw(t, "key"), contents.Draw(t, "secrets")
				vault.put(key, what)
				model[key] = what
			},
			"delete": func(t *rapid.T) {
				key := keys.Draw(t, "key")
				vault.delete(key)
				delete(model, key)
			},
			"get": func(t *rapid.T) {
				key := keys.Draw(t, "key")
				if want, ok := model[key]; ok {
					vault.holds(key, want)
				} else {
					vault.lacks(key)
				}
			},
			"list": func(*rapid.T) { vault.lists(slices.Collect(maps.Keys(model))...) },
		}
		if s.reopen != nil {
			actions["reopen"] = func(*rapid.T) { vault = vault.reopened() }
		}
		t.Repeat(actions)
	})
}

func drawnSecretKey() *rapid.Generator[secretKey] {
	return rapid.Custom(func(t *rapid.T) secretKey {
		name := rapid.SampledFrom([]string{"a", "b", "A", "a/b", "..", "b/1"})
		return keyOf(name.Draw(t, "request"), name.Draw(t, "resource"), rapid.IntRange(1, 3).Draw(t, "generation"))
	})
}

func drawnSecrets() *rapid.Generator[secrets] {
	secret := rapid.Custom(func(t *rapid.T) provisioning.Secret {
		what := provisioning.Secret{Value: rapid.SliceOfN(rapid.Byte(), 0, 2000).Draw(t, "value")}
		if rapid.Bool().Draw(t, "expires") {
			what.Expires = time.UnixMicro(rapid.Int64Range(0, 1<<52).Draw(t, "at"))
		}
		return what
	})
	return rapid.Custom(func(t *rapid.T) secrets {
		return rapid.MapOfN(rapid.StringN(0, 20, 100), secret, 0, 4).Draw(t, "named")
	})
}
