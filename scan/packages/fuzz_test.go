package packages_test

import (
	"testing"
	"testing/fstest"

	"github.com/reeve-go/reeve/scan/packages"
)

// However a database is damaged, its packages are told, noted or passed over.
func FuzzRPM(f *testing.F) {
	var forms [][]byte
	for n, form := range rpmForms {
		forms = append(forms, unzipped(f, "rpm/"+form+".gz"))
		for _, at := range []int{0, 8, 12, 16, 20, 24, 25, 26, 28, 32, 100, 512, 532, 537, 538, 1024, 1045, 1049, 4096, 4104, 4108, 4112, 4116, 8192} {
			f.Add(n, at, []byte{0xff, 0xff, 0xff, 0xff}, 0)
			f.Add(n, at, []byte{7}, 0)
			f.Add(n, at, []byte{0, 0}, 100)
		}
	}
	temp := f.TempDir()
	f.Fuzz(func(t *testing.T, form, at int, damage []byte, short int) {
		if form < 0 || form >= len(forms) || at < 0 || at >= len(forms[form]) || short < 0 || short > len(forms[form]) {
			return
		}
		b := append([]byte(nil), forms[form][:len(forms[form])-short]...)
		copy(b[min(at, len(b)):], damage)
		if f := look(t, packages.RPM(&packages.Options{Temp: temp}), rpmTree(rpmForms[form], b), ""); f.err != nil {
			t.Error(f.err)
		}
		empty(t, temp)
	})
}

func FuzzRPMHeader(f *testing.F) {
	f.Add(header(map[uint32]string{1000: "a", 1001: "1", 1044: "a-1-1.src.rpm"}))
	f.Add([]byte{0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 3, 0xe8, 0, 0, 0, 6, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1, 'a'})
	f.Fuzz(func(t *testing.T, b []byte) {
		if p, err := packages.ParseRPM(b); (p == nil) == (err == nil) || p != nil && (p.Name == "" || p.Version == "" || p.Size < 0) {
			t.Errorf("%+v, %v", p, err)
		}
	})
}

func FuzzNPM(f *testing.F) {
	f.Add([]byte(`{"name":"x","version":"1","license":{"type":"MIT"}}`), []byte(lock))
	f.Add([]byte(`{"name":"x","version":"1","author":[[{}]]}`), []byte(oldLock))
	f.Add([]byte(`null`), []byte(`{"packages":{"node_modules/":{"version":"1","integrity":"sha512-"}},"packages":{"node_modules/":{}}}`))
	f.Fuzz(func(t *testing.T, manifest, lock []byte) {
		f := look(t, packages.NPM(), fstest.MapFS{"node_modules/x/package.json": {Data: manifest}, "package-lock.json": {Data: lock}}, "")
		if f.err != nil {
			t.Error(f.err)
		}
	})
}

func FuzzPython(f *testing.F) {
	f.Add([]byte(metadata))
	f.Add([]byte("Name:\xff\nVersion:\x00\n:\n \n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if f := look(t, packages.Python(), fstest.MapFS{"x.egg-info": {Data: b}}, ""); f.err != nil || len(f.facts)+len(f.problems) == 0 {
			t.Error(f.err, f.problems)
		}
	})
}
