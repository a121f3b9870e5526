"""A plain CloudFormation template as it is for given values of its parameters.

Conditions are decided, resources whose condition does not hold are left out, and intrinsic functions are worked out.
What only a deployment knows stays a mark: `${Codes}` is what Ref answers of the resource Codes, `${Codes.Arn}`
what GetAtt answers of its Arn.
"""

import re

PSEUDO = {
    "AWS::AccountId": "123456789012",
    "AWS::Partition": "aws",
    "AWS::Region": "eu-central-1",
    "AWS::StackName": "wrapup",
    "AWS::StackId": "arn:aws:cloudformation:eu-central-1:123456789012:stack/wrapup/0",
    "AWS::URLSuffix": "amazonaws.com",
}
NOTHING = object()


def unfit(declared: dict, value) -> str:
    """Why a value is none for a parameter; nothing where it is one. Of a list each member is looked at."""
    values = value if isinstance(value, list) else [str(value)]
    for one in values:
        if "AllowedPattern" in declared and not re.fullmatch(declared["AllowedPattern"], one):
            return "it does not match AllowedPattern"
        if "AllowedValues" in declared and one not in map(str, declared["AllowedValues"]):
            return "it is none of AllowedValues"
        if len(one) > int(declared.get("MaxLength", len(one))):
            return "it is longer than MaxLength"
        if declared["Type"] == "Number":
            least, most = (float(declared.get(bound, one)) for bound in ("MinValue", "MaxValue"))
            if not least <= float(one) <= most:
                return "it is not between MinValue and MaxValue"
    return ""


class Template:
    """A template for one set of parameters, in one region: `pseudo` says what is other there than in PSEUDO."""

    def __init__(self, template: dict, parameters: dict | None = None, pseudo: dict | None = None):
        self.pseudo = PSEUDO | (pseudo or {})
        self.mappings = template.get("Mappings", {})
        self.conditions = template.get("Conditions", {})
        self.rules = template.get("Rules", {})
        self.declared = template.get("Parameters", {})
        if unknown := set(parameters or {}) - set(self.declared):
            raise KeyError(f"the template has no parameters {sorted(unknown)}")
        values = {name: (parameters or {}).get(name, one.get("Default", "")) for name, one in self.declared.items()}
        self.parameters = {name: self._typed(self.declared[name]["Type"], value) for name, value in values.items()}
        self.resources = {
            name: self._resource(resource)
            for name, resource in template["Resources"].items()
            if "Condition" not in resource or self.holds(resource["Condition"])
        }

    def of_type(self, kind: str) -> dict:
        """The properties of all resources of a type, by their logical ids."""
        return {name: one.get("Properties", {}) for name, one in self.resources.items() if one["Type"] == kind}

    def holds(self, condition: str) -> bool:
        """Whether a condition holds."""
        return self._decide(self.conditions[condition])

    def refused(self):
        """Why CloudFormation takes no stack with these parameters, in what it says of each."""
        for name, value in self.parameters.items():
            if problem := unfit(self.declared[name], value):
                yield f"{name}: {problem}"
        for rule in self.rules.values():
            if "RuleCondition" in rule and not self._decide(rule["RuleCondition"]):
                continue
            for one in rule["Assertions"]:
                if not self._decide(one["Assert"]):
                    yield one["AssertDescription"]

    def _typed(self, kind: str, value):
        is_list = kind == "CommaDelimitedList" or kind.startswith("List<")
        return str(value).split(",") if is_list else str(value)

    def _resource(self, resource: dict) -> dict:
        return {key: value for key, value in self._resolve(resource).items() if key != "Condition"}

    def _decide(self, node) -> bool:
        [(function, argument)] = node.items()
        match function:
            case "Condition":
                return self.holds(argument)
            case "Fn::Equals":
                left, right = (self._resolve(side) for side in argument)
                return left == right
            case "Fn::Not":
                return not self._decide(argument[0])
            case "Fn::And":
                return all(self._decide(part) for part in argument)
            case "Fn::Or":
                return any(self._decide(part) for part in argument)
            # Those that rules alone have.
            case "Fn::Contains":
                values, value = map(self._resolve, argument)
                return value in map(str, values)
            case "Fn::EachMemberEquals":
                values, value = map(self._resolve, argument)
                return all(one == value for one in values)
        raise ValueError(f"{function} in a condition")

    def _resolve(self, node):
        if isinstance(node, list):
            return [value for value in map(self._resolve, node) if value is not NOTHING]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            [(function, argument)] = node.items()
            if function == "Ref" or function.startswith("Fn::"):
                return self._call(function, argument)
        pairs = ((key, self._resolve(value)) for key, value in node.items())
        return {key: value for key, value in pairs if value is not NOTHING}

    def _call(self, function: str, argument):
        match function:
            case "Ref":
                return self._ref(argument)
            case "Fn::GetAtt":
                resource, attribute = argument.split(".", 1) if isinstance(argument, str) else argument
                return f"${{{resource}.{attribute}}}"
            case "Fn::If":
                condition, yes, no = argument
                return self._resolve(yes if self.holds(condition) else no)
            case "Fn::Join":
                separator, parts = argument
                return separator.join(map(str, self._resolve(parts)))
            case "Fn::Select":
                index, values = argument
                values = self._resolve(values)
                # A part of what only a deployment knows is that same mark.
                return values[min(int(index), len(values) - 1)]
            case "Fn::Split":
                separator, text = argument
                return self._resolve(text).split(separator)
            case "Fn::FindInMap":
                name, first, second = map(self._resolve, argument)
                return self.mappings[name][first][second]
            case "Fn::Sub":
                return self._substitute(argument)
        raise ValueError(f"{function} is not known here")

    def _ref(self, name: str):
        if name == "AWS::NoValue":
            return NOTHING
        return self.pseudo.get(name, self.parameters.get(name, f"${{{name}}}"))

    def _substitute(self, argument) -> str:
        text, own = argument if isinstance(argument, list) else (argument, {})
        own = self._resolve(own)

        def value(found: re.Match) -> str:
            name = found[1]
            if name.startswith("!"):
                return f"${{{name[1:]}}}"
            return str(own[name]) if name in own else str(self._ref(name))

        return re.sub(r"\$\{([^}]*)\}", value, text)
