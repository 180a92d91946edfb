variable "nodes" {
  description = "IPv4 addresses of the machines by host name. Longhorn keeps up to three copies of a volume, each on another node."
  type        = map(string)
}

variable "channel" {
  description = "Snap channel of MicroK8s, with a pinned minor version."
  type        = string
  default     = "1.35/stable"
}

variable "ssh_user" {
  description = "User on the machines; it may use sudo without a password."
  type        = string
  default     = "ubuntu"
}

variable "ssh_private_key" {
  description = "Private key of that user. Without one, an SSH agent or the client's own key files are used."
  type        = string
  default     = null
  sensitive   = true
}

variable "longhorn" {
  description = "Longhorn's Helm chart. Version 1.12 is the first that supports dual-stack clusters."
  type        = object({ repository = optional(string), chart = string, version = optional(string) })
  default = {
    repository = "https://charts.longhorn.io"
    chart      = "longhorn"
    version    = "1.12.1"
  }
}
