package keyaccount

import "github.com/keyaccount/keyaccount/internal/label"

// Text is what a person reads, in English and in Chinese: the name of a
// segment, a strategy, a service level.
type Text struct {
	En string `json:"en,omitempty"`
	Zh string `json:"zh,omitempty"`
}

// In returns the Chinese text where lang is a tag of Chinese ("zh", "zh-CN"),
// else the English one; where that one is missing, the other.
func (t Text) In(lang string) string {
	if s := label.Pick(lang, t.En, t.Zh); s != "" {
		return s
	}
	return t.En + t.Zh
}
