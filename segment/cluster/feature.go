package cluster

import (
	"strconv"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/label"
)

// Label is a text that people read, in English and Chinese.
type Label struct {
	En string `json:"en,omitempty"`
	Zh string `json:"zh,omitempty"`
}

// In returns the text in the language of the tag ("zh", "zh-CN"; everything
// else is English), or the other one where there is none.
func (l Label) In(lang string) string {
	text := label.Pick(lang, l.En, l.Zh)
	if text == "" {
		return l.En + l.Zh
	}
	return text
}

func (l Label) or(other Label) Label {
	if l.En == "" {
		l.En = other.En
	}
	if l.Zh == "" {
		l.Zh = other.Zh
	}
	return l
}

// Feature names a column, for the people who read what a cluster is like.
type Feature struct {
	// Name identifies the column. It must not be empty.
	Name string `json:"name"`
	// Label is what people call it. Defaults to Name.
	Label Label `json:"label,omitzero"`
	// High and Low are what an account with a high or a low value has, such as
	// "frequent orders" and "rare orders". Default to "high " and "low " (高,
	// 低) before Label.
	High Label `json:"high,omitzero"`
	Low  Label `json:"low,omitzero"`
}

// Features returns features that have just a name.
func Features(names ...string) []Feature {
	fs := make([]Feature, len(names))
	for i, name := range names {
		fs[i].Name = name
	}
	return fs
}

// filled returns f with its defaults.
func (f Feature) filled() Feature {
	f.Label = f.Label.or(Label{En: f.Name, Zh: f.Name})
	f.High = f.High.or(Label{En: "high " + f.Label.En, Zh: "高" + f.Label.Zh})
	f.Low = f.Low.or(Label{En: "low " + f.Label.En, Zh: "低" + f.Label.Zh})
	return f
}

// checkFeatures accepts no features at all, or a named one for each column.
func checkFeatures(fs []Feature, cols int) error {
	if len(fs) == 0 {
		return nil
	}
	if len(fs) != cols {
		return mismatch("Features", strconv.Itoa(len(fs)), "there are "+strconv.Itoa(cols)+" columns")
	}
	seen := make(map[string]bool, len(fs))
	for i := range fs {
		if fs[i].Name == "" {
			return &keyaccount.InputError{
				Kind: keyaccount.ErrMissing, Field: "Features", Row: i + 1, Reason: "a feature needs a name",
			}
		}
		if seen[fs[i].Name] {
			return &keyaccount.InputError{
				Kind: keyaccount.ErrDuplicate, Field: "Features", Row: i + 1, Value: fs[i].Name, Reason: "two columns have this name",
			}
		}
		seen[fs[i].Name] = true
	}
	return nil
}

// featureName names column j, whether or not it has a feature.
func featureName(fs []Feature, j int) string {
	if j < len(fs) {
		return fs[j].Name
	}
	return "column " + strconv.Itoa(j+1)
}
