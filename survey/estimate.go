package survey

import (
	"strconv"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/label"
)

// Estimate is a figure with how sure it is. Nothing in it is rounded.
type Estimate struct {
	// Value is the estimate; 0 where there are no answers, see Empty.
	Value float64 `json:"value"`
	// SE is the standard error of Value, on the same scale.
	SE float64 `json:"se"`
	// Low and High bound the interval, on the same scale.
	Low  float64 `json:"low"`
	High float64 `json:"high"`
	// Level is the confidence level of the interval, in (0, 1).
	Level float64 `json:"level"`
	// Method is how Low and High were found.
	Method Method `json:"method"`
	// N is the number of answers that count.
	N int `json:"n"`
	// NEff is the number of independent answers that would be as informative,
	// in (0, N]; the interval rests on it. It is N, or less in a portfolio
	// whose accounts differ.
	NEff float64 `json:"n_eff"`
	// Missing is the number of answers without a score.
	Missing int `json:"missing"`
	// Warnings say what a reader has to know before using the figure.
	Warnings []Warning `json:"warnings,omitempty"`
}

// Empty reports that there was no answer at all. Value and SE are then 0, and
// Low and High are the ends of the scale: nothing is known.
func (e Estimate) Empty() bool { return e.N == 0 }

// Warning is a code that says what weakens an [Estimate].
type Warning string

const (
	// WarnNoAnswers: nobody answered; the estimate is empty.
	WarnNoAnswers Warning = "no_answers"
	// WarnAccountsIgnored: some accounts gave several answers and the interval
	// treats all answers as independent, so it is likely too narrow.
	WarnAccountsIgnored Warning = "accounts_ignored"
	// WarnOneAccount: all answers came from one account; the interval speaks
	// of that account only.
	WarnOneAccount Warning = "one_account"
	// WarnWald: the Wald interval of fewer than 30 answers is too narrow; at
	// 95% and n = 5 it can hold the truth less than 67% of the time.
	WarnWald Warning = "wald_small_n"
)

// Label says the warning in words, in Chinese where lang begins with "zh",
// else in English.
func (w Warning) Label(lang string) string {
	en, zh := string(w), string(w)
	switch w {
	case WarnNoAnswers:
		en, zh = "nobody answered", "没有人作答"
	case WarnAccountsIgnored:
		en, zh = "several answers came from one account; the interval ignores that and is likely too narrow",
			"同一客户有多份答卷，区间未考虑这一点，可能过窄"
	case WarnOneAccount:
		en, zh = "all answers came from one account", "全部答卷来自同一客户"
	case WarnWald:
		en, zh = "a Wald interval of fewer than 30 answers is too narrow", "答卷不足 30 份时 Wald 区间过窄"
	}
	return label.Pick(lang, en, zh)
}

// Method is a way to find an interval.
type Method uint8

const (
	// Score inverts the score test (Tango 1998, Rocks 2016). It stays on the
	// scale and holds its level from three answers on.
	Score Method = iota
	// AdjustedWald is Wald after adding 3/4 of a detractor, 3/2 of a passive
	// and 3/4 of a promoter (Rocks 2016), with limits cut off at -1 and 1.
	AdjustedWald
	// Wald is Value ± z * SE with limits cut off at -1 and 1. It has width 0
	// when all answers agree, and is too narrow for few answers.
	Wald
)

var methodNames = [...]string{"score", "adjusted_wald", "wald"}

// String returns the method's name in JSON, such as "score".
func (m Method) String() string {
	if int(m) < len(methodNames) {
		return methodNames[m]
	}
	return "Method(" + strconv.Itoa(int(m)) + ")"
}

// MarshalText implements [encoding.TextMarshaler].
func (m Method) MarshalText() ([]byte, error) {
	if int(m) >= len(methodNames) {
		return nil, errMethod(m.String())
	}
	return []byte(methodNames[m]), nil
}

// UnmarshalText implements [encoding.TextUnmarshaler].
func (m *Method) UnmarshalText(b []byte) error {
	for i, name := range methodNames {
		if string(b) == name {
			*m = Method(i)
			return nil
		}
	}
	return errMethod(string(b))
}

func errMethod(value string) *keyaccount.InputError {
	return &keyaccount.InputError{
		Kind: keyaccount.ErrMalformed, Field: "Method", Value: value,
		Reason: "want score, adjusted_wald or wald",
	}
}
