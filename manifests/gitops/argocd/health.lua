-- How Argo CD reads a WhatsAppClient (wahealth.io/v1alpha1): as kstatus does (observedGeneration, Stalled,
-- Reconciling, Ready), and Suspended besides. Argo CD runs this without Lua's string library, and joining a nil is
-- an error. What is being deleted does not come here: Argo CD itself calls that Progressing.
local function say(health, condition)
  local text = condition.reason or ""
  if condition.message ~= nil and condition.message ~= "" then
    text = text .. ": " .. condition.message
  end
  return { status = health, message = text }
end

local status = obj.status
if status == nil or status.conditions == nil then
  return { status = "Progressing", message = "No operator has processed this client yet" }
end

local generation = obj.metadata.generation
if generation ~= nil and status.observedGeneration ~= nil and status.observedGeneration ~= generation then
  return { status = "Progressing", message = "The operator has no verdict on the latest spec yet" }
end

local truth, found = {}, {}
for _, c in ipairs(status.conditions) do
  -- What is said of an older spec counts for nothing; the conditions of a new resource name no generation.
  if generation == nil or c.observedGeneration == nil or c.observedGeneration >= generation then
    truth[c.type], found[c.type] = c.status, c
  end
end

if truth.Suspended == "True" then return say("Suspended", found.Suspended) end
if truth.Stalled == "True" then return say("Degraded", found.Stalled) end
if truth.Ready == "True" then return say("Healthy", found.Ready) end
if truth.Reconciling == "True" then return say("Progressing", found.Reconciling) end
if truth.Ready == "False" then return say("Degraded", found.Ready) end
if truth.Ready == "Unknown" and truth.CredentialsValid == "False" then
  return say("Degraded", found.CredentialsValid)
end
if truth.Ready == "Unknown" then return say("Progressing", found.Ready) end
return { status = "Progressing", message = "The operator has no verdict on the latest spec yet" }
