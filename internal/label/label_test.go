package label

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestPick(t *testing.T) {
	for lang, want := range map[string]string{
		"zh": "金", "zh-CN": "金", "ZH_TW": "金", "zh-Hans": "金",
		"en": "gold", "": "gold", "z": "gold", "zha": "gold", "de": "gold",
	} {
		assert.Equal(t, want, Pick(lang, "gold", "金"), lang)
	}
}
