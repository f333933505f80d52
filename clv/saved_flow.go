package clv

import (
	"encoding/json"
	"strings"

	"github.com/keyaccount/keyaccount"
)

// ReadOrderFlow reads a saved model of whatever kind: what MarshalJSON of one of
// this package's order flows, or of its fit, wrote. A fit comes back as one, a
// [Fitted] such as *[MBGNBDFit], a bare model as itself. It refuses what the
// UnmarshalJSON of the model does, and a kind that is no order flow of this
// package ([keyaccount.ErrMismatch]).
func ReadOrderFlow(data []byte) (OrderFlow, error) {
	var head struct {
		Model string          `json:"model"`
		Fit   json.RawMessage `json:"fit"`
	}
	if err := modelForm.ReadJSON(data, "Model", &head); err != nil {
		return nil, err
	}
	fitted := head.Fit != nil
	switch name := head.Model; {
	case name == BGNBD{}.Name():
		return readFlow[BGNBD](data, fitted, new(BGNBDFit))
	case name == MBGNBD{}.Name():
		return readFlow[MBGNBD](data, fitted, new(MBGNBDFit))
	case name == ParetoNBD{}.Name():
		return readFlow[ParetoNBD](data, fitted, new(ParetoNBDFit))
	case name == NBD{}.Name():
		return readFlow[NBD](data, fitted, new(NBDFit))
	case strings.HasPrefix(name, "BG/CNBD-"):
		return readFlow[BGCNBD](data, fitted, new(BGCNBDFit))
	case strings.HasPrefix(name, "MBG/CNBD-"):
		return readFlow[MBGCNBD](data, fitted, new(MBGCNBDFit))
	}
	return nil, &keyaccount.InputError{
		Kind: keyaccount.ErrMismatch, Field: "Model", Value: head.Model, Reason: "this is no model of the flow of orders",
	}
}

func readFlow[M OrderFlow](data []byte, fitted bool, fit Fitted) (OrderFlow, error) {
	if fitted {
		if err := json.Unmarshal(data, fit); err != nil {
			return nil, err
		}
		return fit, nil
	}
	var m M
	if err := json.Unmarshal(data, &m); err != nil {
		return nil, err
	}
	return m, nil
}
