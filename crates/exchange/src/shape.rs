//! The links of a tree, made sound: what a hostile or broken file can do to them is undone here.

use crate::tree::Node;
use rivulet_protocol::{ImportReport, SkipReason};
use std::collections::HashMap;

/// The nodes as a forest: circles are cut, unknown parents are none.
pub struct Shape {
    pub parents: Vec<Option<usize>>,
    pub children: Vec<Vec<usize>>,
    /// Every node once, parents before children.
    pub order: Vec<usize>,
}

impl Shape {
    pub fn of(nodes: &[Node], report: &mut ImportReport) -> Self {
        let mut by_id: HashMap<&str, usize> = HashMap::with_capacity(nodes.len());
        let mut doubled = vec![false; nodes.len()];
        for (at, node) in nodes.iter().enumerate() {
            doubled[at] = *by_id.entry(&node.id).or_insert(at) != at;
        }
        report.skip(SkipReason::Doubled, doubled.iter().filter(|doubled| **doubled).count() as u64);
        let mut parents: Vec<Option<usize>> =
            nodes.iter().map(|node| by_id.get(node.parent.as_deref()?).copied()).collect();
        report.skip(SkipReason::Circle, cut_circles(&mut parents));
        let mut children = vec![Vec::new(); nodes.len()];
        let mut roots = Vec::new();
        for at in (0..nodes.len()).filter(|at| !doubled[*at]) {
            match parents[at] {
                Some(parent) => children[parent].push(at),
                None => roots.push(at),
            }
        }
        for siblings in children.iter_mut().chain([&mut roots]) {
            siblings.sort_by_key(|at| nodes[*at].rank);
        }
        let mut order = Vec::with_capacity(nodes.len());
        let mut left: Vec<usize> = roots.into_iter().rev().collect();
        while let Some(at) = left.pop() {
            order.push(at);
            left.extend(children[at].iter().rev());
        }
        Self { parents, children, order }
    }
}

/// Cuts each circle at one link; how many there were.
fn cut_circles(parents: &mut [Option<usize>]) -> u64 {
    // The walk in which a node was first met.
    let mut met = vec![usize::MAX; parents.len()];
    let mut circles = 0;
    for start in 0..parents.len() {
        let mut at = start;
        while met[at] == usize::MAX {
            met[at] = start;
            match parents[at] {
                Some(parent) if met[parent] == start => {
                    parents[at] = None;
                    circles += 1;
                }
                Some(parent) => at = parent,
                None => {}
            }
        }
    }
    circles
}
