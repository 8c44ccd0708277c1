//! What the lines of a log mean: the rows about error texts that each of them fits.

use crate::{
    facts::Symptom,
    knowledge::{Knowledge, Texts},
};

/// Notes the rows that each symptom fits. Facts without symptoms cost nothing.
pub(super) fn enrich(symptoms: &mut [Symptom], knowledge: &Knowledge) {
    if symptoms.is_empty() {
        return;
    }
    let texts = Texts::of(knowledge);
    let lines: Vec<&str> = symptoms.iter().map(|symptom| symptom.text.as_str()).collect();
    let meanings = texts.meanings(&lines);
    for (symptom, means) in symptoms.iter_mut().zip(meanings) {
        symptom.means = means;
    }
}
