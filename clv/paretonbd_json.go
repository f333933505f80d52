package clv

// MarshalJSON writes the model with its name, unit and schema.
func (m ParetoNBD) MarshalJSON() ([]byte, error) {
	return marshalModel(m.Name(), &m.Unit, m.Parameters(), nil)
}

// UnmarshalJSON reads a model, or the model of a saved [ParetoNBDFit]. It refuses
// another schema or version ([keyaccount.ErrVersion]), another model
// ([keyaccount.ErrMismatch]), an unknown field ([keyaccount.ErrMalformed]) and
// what [ParetoNBD.Validate] does. After an error the receiver is unchanged.
func (m *ParetoNBD) UnmarshalJSON(data []byte) error {
	read, _, err := readParetoNBD(data)
	if err == nil {
		*m = read
	}
	return err
}

// MarshalJSON writes the model and the diagnostics.
func (f ParetoNBDFit) MarshalJSON() ([]byte, error) {
	return marshalModel(f.Name(), &f.Unit, f.Parameters(), &f.Diagnostics)
}

// UnmarshalJSON reads a fit as strictly as [ParetoNBD.UnmarshalJSON] does a model.
// A bare model is refused with [keyaccount.ErrMissing].
func (f *ParetoNBDFit) UnmarshalJSON(data []byte) error {
	m, in, err := readParetoNBD(data)
	if err != nil {
		return err
	}
	d, err := in.diagnostics()
	if err == nil {
		*f = ParetoNBDFit{m, d}
	}
	return err
}

func readParetoNBD(data []byte) (m ParetoNBD, in savedModel, err error) {
	p, in, err := unmarshalModel(data, m.Name(), true, paretoNBDNames(), paretoNBDChart())
	if err != nil {
		return m, in, err
	}
	m = paretoNBDOf(p, *in.Unit)
	return m, in, m.Validate()
}
