// Package label picks the language of texts that people read.
package label

import "strings"

// Pick returns zh where lang is a tag of Chinese ("zh", "zh-CN", "ZH_TW"),
// else en.
func Pick(lang, en, zh string) string {
	if Chinese(lang) {
		return zh
	}
	return en
}

// Chinese reports whether lang is a tag of Chinese.
func Chinese(lang string) bool {
	return len(lang) >= 2 && strings.EqualFold(lang[:2], "zh") && (len(lang) == 2 || lang[2] == '-' || lang[2] == '_')
}
