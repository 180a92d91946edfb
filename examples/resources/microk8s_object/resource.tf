resource "microk8s_object" "namespace" {
  cluster = "10.0.0.11" # a control plane
  manifest = {
    apiVersion = "v1"
    kind       = "Namespace"
    metadata   = { name = "shop" }
  }
}

variable "database_password" {
  type      = string
  sensitive = true
  ephemeral = true # in no plan and in no state
}

resource "microk8s_object" "database" {
  cluster = "10.0.0.11"
  manifest = {
    apiVersion = "v1"
    kind       = "Secret"
    metadata   = { name = "database", namespace = microk8s_object.namespace.name }
    type       = "Opaque"
  }
  secret_data_wo         = { password = var.database_password }
  secret_data_wo_version = 1 # count up when the password changes
}

resource "microk8s_object" "web" {
  cluster  = "10.0.0.11"
  manifest = <<-YAML
    apiVersion: v1
    kind: Service
    metadata:
      name: web
      namespace: ${microk8s_object.namespace.name}
    spec:
      type: LoadBalancer
      ipFamilies: [IPv6]
      ipFamilyPolicy: SingleStack
      selector: { app: web }
      ports: [{ port: 80 }]
  YAML
}
