//! The router as its clients see it: every text here is what the real one answers.

#[cfg(test)]
mod commit;
#[cfg(test)]
mod encodings;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod island;
#[cfg(test)]
mod lifetime;
#[cfg(test)]
mod ospf;
#[cfg(test)]
mod reading;
#[cfg(test)]
mod rolling;
#[cfg(test)]
mod routing;
#[cfg(test)]
mod support;
#[cfg(test)]
mod values;
