//! Makes wrong descriptors out of right ones, the same ones each time.

use serde_json::{Map, Value, json};

/// A small generator of numbers (xorshift64*): the same seed gives the same numbers everywhere.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(crate) fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(number).expect("31 bits") % sides.max(1)
    }
}

/// Changes one thing somewhere in the descriptor.
pub(crate) fn mutate(root: &mut Value, dice: &mut Dice) {
    let mut pointers = Vec::new();
    collect(root, String::new(), &mut pointers);
    let pointer = pointers[dice.roll(pointers.len())].clone();
    let Some(value) = root.pointer_mut(&pointer) else {
        return;
    };
    match value {
        Value::Object(members) => object(members, dice),
        Value::Array(items) => match (dice.roll(3), items.first().cloned()) {
            (0, Some(first)) => items.push(first),
            (1, Some(first)) => *value = first,
            _ => *value = other(dice),
        },
        Value::String(text) => match dice.roll(5) {
            0 => *text = text.to_uppercase(),
            1 => *text = text.repeat(40),
            2 => text.push('x'),
            3 => text.clear(),
            _ => *value = other(dice),
        },
        _ => *value = other(dice),
    }
}

fn object(members: &mut Map<String, Value>, dice: &mut Dice) {
    let names: Vec<String> = members.keys().cloned().collect();
    let Some(name) = names.get(dice.roll(names.len())).cloned() else {
        members.insert("extra".into(), json!(1));
        return;
    };
    match dice.roll(5) {
        0 => {
            members.remove(&name);
        }
        1 => {
            let value = members.remove(&name).unwrap_or_default();
            let mut typo = name.clone();
            typo.insert(name.len() / 2, 'x');
            members.insert(typo, value);
        }
        2 => {
            let value = members.remove(&name).unwrap_or_default();
            members.insert(name, json!([value]));
        }
        3 => {
            members.insert("extra".into(), other(dice));
        }
        _ => {
            members.insert(name, other(dice));
        }
    }
}

fn other(dice: &mut Dice) -> Value {
    let values = [
        json!(null),
        json!(true),
        json!("true"),
        json!(7),
        json!(1.5),
        json!("7"),
        json!({}),
        json!([]),
        json!({ "value": "text" }),
        json!({ "url": "/x" }),
        json!({ "condition": "user_is_admin" }),
        json!(["x"]),
    ];
    values[dice.roll(values.len())].clone()
}

fn collect(value: &Value, at: String, into: &mut Vec<String>) {
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                collect(item, format!("{at}/{index}"), into);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                let name = name.replace('~', "~0").replace('/', "~1");
                collect(member, format!("{at}/{name}"), into);
            }
        }
        _ => {}
    }
    into.push(at);
}
