// Its custom resource definitions are read from the module, nothing of it is built.
module lab/parts/metallb

go 1.26

require go.universe.tf/metallb v0.15.2
