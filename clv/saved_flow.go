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
	name, fitted, err := savedKind(data)
	if err != nil {
		return nil, err
	}
	switch {
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
	return nil, wrongKind(name, "this is no model of the flow of orders")
}

// ReadSpend reads a saved model of spend of whatever kind, as [ReadOrderFlow]
// does one of the flow of orders.
func ReadSpend(data []byte) (SpendModel, error) {
	name, fitted, err := savedKind(data)
	if err != nil {
		return nil, err
	}
	switch name {
	case GammaGamma{}.Name():
		return readSpend[GammaGamma](data, fitted, new(GammaGammaFit))
	case LogNormal{}.Name():
		return readSpend[LogNormal](data, fitted, new(LogNormalFit))
	case NormalSpend{}.Name():
		return readSpend[NormalSpend](data, fitted, new(NormalSpendFit))
	}
	return nil, wrongKind(name, "this is no model of spend")
}

// ReadContractModel reads a saved model of contracts of whatever kind, as
// [ReadOrderFlow] does one of the flow of orders.
func ReadContractModel(data []byte) (ContractModel, error) {
	name, fitted, err := savedKind(data)
	if err != nil {
		return nil, err
	}
	switch name {
	case SBG{}.Name():
		return readContract[SBG](data, fitted, new(SBGFit))
	case BdW{}.Name():
		return readContract[BdW](data, fitted, new(BdWFit))
	}
	return nil, wrongKind(name, "this is no model of contracts")
}

// savedKind returns the name of a saved model, and whether its fit is there.
func savedKind(data []byte) (name string, fitted bool, err error) {
	var head struct {
		Model string          `json:"model"`
		Fit   json.RawMessage `json:"fit"`
	}
	err = modelForm.ReadJSON(data, "Model", &head)
	return head.Model, head.Fit != nil, err
}

func wrongKind(name, reason string) error {
	return &keyaccount.InputError{Kind: keyaccount.ErrMismatch, Field: "Model", Value: name, Reason: reason}
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

func readSpend[M SpendModel](data []byte, fitted bool, fit FittedSpend) (SpendModel, error) {
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

func readContract[M ContractModel](data []byte, fitted bool, fit FittedContract) (ContractModel, error) {
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
